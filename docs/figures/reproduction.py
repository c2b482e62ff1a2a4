# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/reproduction.md that runs of the machine give."""

from pathlib import Path

from runs import count, micro, row, short

CASES = ((1, 64, 28), (2, 64, 56), (3, 64, 112), (4, 64, 224), (5, 128, 56), (6, 256, 56), (7, 512, 56))
ARITHMETICS = ("binary", "ternary", "2bit")

# Times of FATNN's tables 7 and 8 over the binary ones: ternary, 2-bit on Q821, Q835, 1080Ti, 2080Ti.
PAPER = {
    1: "1.50, 3.17 | 1.29, 3.00 | 1.29, 4.23 | 1.00, 3.45",
    2: "1.42, 2.92 | 1.67, 3.33 | 1.45, 4.10 | 1.16, 3.52",
    3: "1.69, 3.08 | 1.95, 3.42 | 1.50, 4.42 | 1.33, 3.77",
    4: "1.78, 3.00 | 2.16, 3.36 | 1.32, 4.36 | 1.59, 4.85",
    5: "1.83, 3.13 | 1.78, 3.11 | 1.66, 4.18 | 1.55, 4.14",
    6: "2.25, 3.53 | 2.65, 3.29 | 1.83, 4.18 | 1.57, 3.92",
    7: "2.46, 3.79 | 2.61, 4.01 | 1.81, 4.06 | 1.97, 4.06",
}

# FATNN's table 4: time with a loaded mask over time with one computed on the fly, on the same four.
MASKS = {
    1: "1.10 | 1.32 | 1.22 | 0.92",
    2: "1.05 | 1.15 | 1.17 | 0.94",
    3: "1.01 | 1.17 | 1.25 | 0.90",
    4: "1.00 | 1.02 | 1.45 | 0.97",
    5: "0.97 | 1.00 | 1.21 | 0.96",
    6: "0.95 | 0.98 | 1.34 | 0.98",
}


def case(machine: str, number: int, arithmetic: str) -> str:
    operands, datapath = {
        "binary": ("binary", ""),
        "ternary": ("ternary", " --datapath ternary_fatnn"),
        "planes": ("ternary", " --datapath ternary_planes"),
        "2bit": ("uint2", " --datapath bitserial"),
    }[arithmetic]
    return f"run ./case{number}-{operands}.yaml --timing-only --arch {machine}{datapath} -q"


def write_cases(runs) -> None:
    for number, channels, pixels in CASES:
        for activations, weights in (("binary", "binary"), ("ternary", "ternary"), ("uint2", "int2")):
            runs.write(
                f"case{number}-{activations}.yaml",
                f"format: tricycle-network/1\nname: fatnn-case{number}-{activations}\n"
                f"input: {{channels: {channels}, height: {pixels}, width: {pixels}}}\nlayers:\n"
                f"  - {{name: conv, activations: {activations}, conv: {{filters: {channels}, kernel: 3, pad: 1}},"
                f" weights: {weights}, output: {activations}}}\n")
    runs.start(case(m, n, a) for n, _, _ in CASES for m in ("edge", "mobile") for a in (*ARITHMETICS, "planes"))


def conv_cycles(runs, machine: str, number: int) -> list:
    results = [runs.result(case(machine, number, a)) for a in ARITHMETICS]
    return [next(layer["cycles"] for layer in r["layers"] if layer["name"] == "conv") for r in results]


def seven_layers(machine: str):
    def rows(runs) -> list:
        write_cases(runs)
        made = []
        for number, _, _ in CASES:
            steps = [runs.result(case(machine, number, a))["counters"]["array.steps"] for a in ARITHMETICS]
            cycles = conv_cycles(runs, machine, number)
            parts = []
            for figures in (steps, cycles):
                parts.append(" : ".join(map(count, figures)))
                parts.append("1 : " + " : ".join(short(f / figures[0]) for f in figures[1:]))
            made.append(row(number, *parts))
        return made

    return rows


def ratios(runs) -> list:
    made = []
    for number, _, _ in CASES:
        both = []
        for machine in ("edge", "mobile"):
            binary, ternary, two = conv_cycles(runs, machine, number)
            both.append(f"{ternary / binary:.2f}, {two / binary:.2f}")
        made.append(row(number, PAPER[number], *both))
    return made


def resnet(machine: str, depth: int, arithmetic: str) -> str:
    datapath = " --datapath ternary_fatnn" if arithmetic == "ternary" else ""
    return f"run ./resnet{depth}-{arithmetic}.yaml --timing-only --arch {machine}{datapath} -q"


def write_resnets(runs) -> None:
    zoo = Path(__file__).resolve().parents[2] / "workloads" / "zoo"
    for depth in (18, 34):
        text = (zoo / f"fatnn-resnet{depth}.yaml").read_text()
        old = "activations: ternary012,"
        runs.write(f"resnet{depth}-ternary.yaml", text)
        runs.write(f"resnet{depth}-2bit.yaml", text.replace(old, "activations: uint2, weights: int2,"))
        runs.write(f"resnet{depth}-binary.yaml",
                   text.replace(old, "activations: binary, weights: binary,").replace("relu: true, ", ""))
    runs.start(resnet(m, d, a) for m in ("edge", "mobile") for d in (18, 34) for a in ARITHMETICS)


def resnets(runs) -> list:
    write_resnets(runs)
    made = [
        "| Q835, paper | ResNet-18 | 12.1 ms | 20.1 ms | 43.0 ms | 1.7 | 3.6 | 2.1 |",
        "| Q835, paper | ResNet-34 | 25.3 ms | 42.1 ms | 87.0 ms | 1.7 | 3.4 | 2.1 |",
        "| Q821, paper | ResNet-18 | 15.7 ms | 25.2 ms | 52.3 ms | 1.6 | 3.3 | 2.1 |",
        "| Q821, paper | ResNet-34 | 32.3 ms | 51.4 ms | 105.2 ms | 1.6 | 3.3 | 2.0 |",
    ]
    for machine in ("edge", "mobile"):
        for depth in (18, 34):
            a, b, c = [
                sum(layer["cycles"] for layer in runs.result(resnet(machine, depth, arithmetic))["layers"]
                    if layer["name"] not in ("conv1", "pool1", "fc")) for arithmetic in ARITHMETICS]
            made.append(row(f"`{machine}`", f"ResNet-{depth}", count(a), count(b), count(c), f"{b / a:.2f}",
                            f"{c / a:.2f}", f"{c / b:.2f}"))
    return made


def masked(machine: str, number: int, mask: str) -> str:
    memory = {"edge": 192, "mobile": 1536}[machine]
    return (f"run fatnn-case{number} --timing-only --arch {machine} --datapath ternary_fatnn"
            f" --set arch.weight_memory.size_KiB={memory} --set arch.array.fatnn_mask={mask} -q")


def masks(runs) -> list:
    modes = ("on_the_fly", "precomputed")
    runs.start(masked(m, n, mask) for m in ("edge", "mobile") for n in MASKS for mask in modes)
    made = []
    for number, paper in MASKS.items():
        cells = []
        for machine in ("edge", "mobile"):
            d, p = [runs.result(masked(machine, number, mask))["cycles"] for mask in modes]
            cells += [f"{count(d)}, {count(p)}", f"{p / d:.3f}"]
        read = [runs.result(masked("mobile", number, mask))["dram"]["read_bytes"] / 1024 for mask in modes]
        made.append(row(number, paper, *cells, ", ".join(f"{x:.1f}" for x in read)))
    return made


HITNET = ("lstm-ptb", "lstm-wikitext2", "lstm-text8", "gru-ptb", "gru-wikitext2", "gru-text8")


def twins(runs) -> list:
    runs.start(f"run hitnet-{name}{twin} --timing-only -q" for twin in ("-fp32", "") for name in HITNET)
    made = []
    for name in HITNET:
        ours, theirs = [runs.result(f"run hitnet-{name}{twin} --timing-only -q") for twin in ("", "-fp32")]
        cells = [f"`hitnet-{name}`", count(ours["cycles"]), count(theirs["cycles"]),
                 f"{theirs['cycles'] / ours['cycles']:.1f}"]
        a, b = [r["energy_pJ"]["total"] / 1e9 for r in (ours, theirs)]
        cells += [f"{a:.2f}", f"{b:.2f}", f"{b / a:.1f}"]
        a, b = [(r["dram"]["read_bytes"] + r["dram"]["write_bytes"]) / 2**20 for r in (ours, theirs)]
        cells += [f"{a:.2f}", f"{b:.1f}", f"{b / a:.1f}"]
        cell = [layer for layer in ours["layers"] if "packing" in layer and layer["name"].split(".")[0] in ("lstm", "gru")]
        cells += [count(round(sum(layer["packing"][key] for layer in cell) / 1024)) for key in ("dram_bytes", "fp32_bytes")]
        made.append(row(*cells))
    return made


PACKINGS = (("planes", "planes"), ("trit2", "trit2"), ("trit5", "trit5"), ("bitmap", "bitmap"), ("trit5", "planes"),
            ("bitmap", "planes"), ("planes", "trit5"), ("planes", "bitmap"))
DRAMS = ("ideal", "LPDDR4_8Gb_x16_3200", "DDR4_8Gb_x8_2400")


def points(runs, network: str) -> dict:
    repository = Path(__file__).resolve().parents[2]
    sweep = f"sweep {repository}/configs/sweeps/weight-formats-{network}.yaml"
    found = {}
    for point in runs.rows(sweep):
        found[point["formats.weights.dram"], point["formats.weights.on_chip"], point["arch.dram.kind"]] = point
    return found


def packings(runs) -> list:
    made = []
    for name, network in (("ResNet-18", "resnet18"), ("LSTM", "lstm")):
        found = points(runs, network)
        for dram, chip in PACKINGS:
            first = found[dram, chip, "ideal"]
            cells = [name, dram, chip, count(int(first["weights_dram_bytes"])), count(int(first["weights_on_chip_bytes"])),
                     count(int(first["dram_read_bytes"]) + int(first["dram_write_bytes"]))]
            for kind in DRAMS:
                point = found[dram, chip, kind]
                cells += [count(int(point["cycles"])), micro(float(point["energy_total_pJ"]))]
            made.append(row(*cells))
    return made


def facts(runs) -> None:
    """The figures of the page's sentences."""
    for depth in (18, 34):
        for machine in ("edge", "mobile"):
            print(machine, depth, [runs.result(resnet(machine, depth, a))["counters"]["array.steps"] for a in ARITHMETICS])
    for machine in ("edge", "mobile"):
        same = [conv_cycles(runs, machine, n)[1] == next(
            layer["cycles"] for layer in runs.result(case(machine, n, "planes"))["layers"] if layer["name"] == "conv")
            for n, _, _ in CASES]
        print("planes take the cycles of fatnn on", machine, same)
    for number in (6,):
        for mask in ("on_the_fly", "precomputed"):
            r = runs.result(masked("edge", number, mask))
            print("mask", mask, r["dram"], [layer["weights_loaded_bytes"] for layer in r["layers"] if "weights_loaded_bytes" in layer])
    r = runs.result("run fatnn-case6 --timing-only --arch edge --datapath ternary_fatnn -q")
    print("case 6 with the preset's memory", r["cycles"])
    r = runs.result("run hitnet-lstm-ptb --timing-only --set recurrent.decode=each_step -q")
    print("decode each step", r["cycles"], (r["dram"]["read_bytes"] + r["dram"]["write_bytes"]) / 2**20)
    for network in ("resnet18", "lstm"):
        found = points(runs, network)
        for key, point in found.items():
            if key[2] != "ideal" and key[:2] in (("planes", "planes"), ("trit5", "trit5"), ("bitmap", "bitmap")):
                print(network, key, {k: v for k, v in point.items() if "dram" in k or k in ("cycles", "mismatches")})


TABLES = {
    "seven layers on edge": seven_layers("edge"),
    "seven layers on mobile": seven_layers("mobile"),
    "ratios": ratios,
    "resnets": resnets,
    "masks": masks,
    "twins": twins,
    "packings": packings,
}
