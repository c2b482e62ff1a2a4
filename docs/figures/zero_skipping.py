# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/zero_skipping.md."""

from runs import bold, count, micro, row

LONG = "run long-resnet18 --datapath shift --verify off -q"


def sixteen(mode: str, more: str = "") -> str:
    return f"{LONG} --set arch.array.zero_skip={mode}{more}"


def one(mode: str, more: str = "") -> str:
    return f"{LONG} --arch shift-element --set arch.array.zero_skip={mode}{more}"


def convolutions(result: dict) -> list:
    """The layers on shift PEs: those with weights, but the first."""
    return [layer for layer in result["layers"] if layer["datapath"] != "vector" and layer["name"] != "conv1"]


def sixteen_lanes(runs) -> list:
    runs.start(sixteen(mode) for mode in ("none", "gating", "word"))
    none, gating, word = (runs.result(sixteen(mode)) for mode in ("none", "gating", "word"))
    rows = []
    for a, b, c in zip(*map(convolutions, (none, gating, word))):
        rows.append(
            row(a["name"], f"{100 * a['weight_density']:.1f} %", count(a["array_steps"]),
                count(a["array_steps"] - c["array_steps"]), count(a["cycles"]), count(c["cycles"]),
                *(micro(layer["energy_pJ"]) for layer in (a, b, c))))
    steps = [result["counters"]["array.steps"] for result in (none, word)]
    rows.append(
        row(*bold(["the run", "", count(steps[0]), count(steps[0] - steps[1]), count(none["cycles"]),
                   count(word["cycles"]), *(micro(r["energy_pJ"]["total"]) for r in (none, gating, word))])))
    return rows


def one_lane(runs) -> list:
    modes = ("none", "gating", "word", "element")
    runs.start(one(mode) for mode in modes)
    none, gating, word, element = (runs.result(one(mode)) for mode in modes)
    rows, sums, macs, used = [], [0, 0, 0], 0, 0.0
    for a, g, w, e in zip(*map(convolutions, (none, gating, word, element))):
        steps = [layer["array_steps"] for layer in (a, w, e)]
        sums = [x + y for x, y in zip(sums, steps)]
        macs += a["macs"]
        used += a["macs"] * a["weight_density"]
        rows.append(
            row(a["name"], f"{100 * a['weight_density']:.1f} %", f"{1 / a['weight_density']:.2f}", *map(count, steps[:2]),
                count(steps[2]), f"{steps[0] / steps[2]:.2f}", *(count(layer["cycles"]) for layer in (a, w, e)),
                *(micro(layer["energy_pJ"]) for layer in (a, g, w, e))))
    rows.append(
        row(*bold(["shift layers"]), f"{100 * used / macs:.2f} % of MACs",
            *bold([f"{macs / used:.3f}", *map(count, sums), f"{sums[0] / sums[2]:.3f}", "", "", "", "", "", "", ""])))
    steps = [result["counters"]["array.steps"] for result in (none, word, element)]
    rows.append(
        row(*bold(["the run", "", "", *map(count, steps), f"{steps[0] / steps[2]:.3f}",
                   *(count(r["cycles"]) for r in (none, word, element)),
                   *(micro(r["energy_pJ"]["total"]) for r in (none, gating, word, element))])))
    return rows


def predicted(runs) -> list:
    both = runs.result(one("word", " --activation-density 0.36"))
    weights = runs.result(one("word", " --set arch.array.zero_skip_operands=weights"))
    activations = runs.result(one("word", " --set arch.array.zero_skip_operands=activations"))

    def steps(result):
        return count(result["counters"]["array.steps"])

    return [
        row("both operands, `--activation-density 0.36`", steps(both), count(both["counters"]["array.steps_predicted"])),
        row("weights alone (`--set arch.array.zero_skip_operands=weights`)", steps(weights),
            count(weights["counters"]["array.steps_predicted"])),
        row("activations alone", steps(activations), ""),
    ]


def facts(runs) -> None:
    """The figures of the page's sentences."""
    results = {mode: runs.result(sixteen(mode)) for mode in ("none", "gating", "word")}
    for mode, r in results.items():
        c = r["counters"]
        print(mode, "cycles", r["cycles"], "dynamic", micro(r["energy_pJ"]["dynamic"]), "dram",
              micro(r["energy_pJ"]["dram"]), "shifter", micro(r["energy_pJ"]["by_unit"]["shifter"]["dynamic"]),
              "flags", c["array.flag_bits"], "busy", [u["busy_cycles"] for u in r["units"] if u["name"] == "array"],
              "steps", c["array.steps"], "skipped", c["array.steps_skipped"], r["memory"]["flag_bytes"],
              "layer flags", sum(layer["flag_bytes"] for layer in r["layers"]))
    for operand in ("weights", "activations"):
        r = runs.result(sixteen("gating", f" --set arch.array.zero_skip_operands={operand}"))
        print("gating", operand, micro(r["energy_pJ"]["by_unit"]["shifter"]["dynamic"]))
    r = runs.result(sixteen("gating", " --timing-only").replace("--verify off ", ""))
    print("gating timing-only", micro(r["energy_pJ"]["by_unit"]["shifter"]["dynamic"]))
    r = runs.result(sixteen("word", " --timing-only").replace("--verify off ", ""))
    print("word timing-only skipped", r["counters"]["array.steps_skipped"])
    r = runs.result(sixteen("word", " --set arch.array.zero_skip_operands=weights"))
    print("word weights", r["cycles"], r["counters"]["array.steps_skipped"])
    r = runs.result(sixteen("none", " --set arch.activation_memory.ports=2rw"))
    print("2rw", r["cycles"])
    for mode in ("none", "gating", "word", "element"):
        r = runs.result(one(mode))
        c = r["counters"]
        print("one", mode, r["cycles"], "busy", [u["busy_cycles"] for u in r["units"] if u["name"] == "array"],
              "steps", c["array.steps"], "conflicts", c["array.bank_conflict_cycles"], r["memory"]["flag_bytes"],
              "dram", r["dram"]["read_bytes"] + r["dram"]["write_bytes"], "predicted", c["array.steps_predicted"])
    r = runs.result(one("element", " --timing-only").replace("--verify off ", ""))
    print("element timing-only", r["cycles"], r["counters"]["array.steps"], r["counters"]["array.steps_predicted"])


TABLES = {"sixteen lanes": sixteen_lanes, "one lane": one_lane, "predicted steps": predicted}
