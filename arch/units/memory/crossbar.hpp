// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <systemc>

#include "arch/units/control/component.hpp"
#include "arch/units/memory/arbiter.hpp"
#include "arch/units/memory/on_chip_memory.hpp"

namespace tricycle {

/// How the array reaches the memories. It says beforehand when it will, and never waits.
class ArrayAccess : public virtual sc_core::sc_interface {
 public:
  virtual void feed(Cycles now, const std::vector<Stream>& streams) = 0;
};

/// How the vector unit reaches the memories: one instruction at a time.
class VectorAccess : public virtual sc_core::sc_interface {
 public:
  /// Grants all cycles before `to`.
  virtual void settle(Cycles to) = 0;
  virtual void start(const VectorDemand& demand) = 0;
  [[nodiscard]] virtual bool takes_in() const = 0;
  [[nodiscard]] virtual Cycles stalls() const = 0;  ///< so far, in cycles
  /// To the last cycle of intake at the earliest.
  [[nodiscard]] virtual Cycles horizon() const = 0;
};

/// How a load or store engine reaches the memories: burst by burst.
class TransferAccess : public virtual sc_core::sc_interface {
 public:
  /// Grants all cycles before `to`.
  virtual void settle(Cycles to) = 0;
  /// A burst that wants its port from cycle `from` on, behind those before.
  virtual void ask(Cycles from, const BurstDemand& burst) = 0;
  /// The burst asked for last, in this same cycle, wants so many cycles more.
  virtual void ask_more(Cycles cycles) = 0;
  /// Takes a burst that has had all its cycles; false where there is none.
  virtual bool take() = 0;
  [[nodiscard]] virtual Cycles horizon() const = 0;
};

/// CROSSBAR: between the units and the ports of the on-chip memories (rules R1 to R6 of docs/timing.md).
///
/// | port | to |
/// |---|---|
/// | `weight_memory`, `activation_memory`, `accumulator_memory` | each memory's `access` |
/// | `array`, `vector`, `load`, `store` (exports) | the units |
class Crossbar final : public sc_core::sc_module, public Component, public ArrayAccess, public VectorAccess {
 public:
  explicit Crossbar(const sc_core::sc_module_name& name);

  sc_core::sc_port<PortsOfMemory> weight{"weight_memory"}, activation{"activation_memory"},
      accumulator{"accumulator_memory"};
  sc_core::sc_export<ArrayAccess> array{"array"};
  sc_core::sc_export<VectorAccess> vector{"vector"};
  sc_core::sc_export<TransferAccess> load{"load"}, store{"store"};

  void settle(Cycles to) override { arbiter_.settle(to); }
  void feed(Cycles now, const std::vector<Stream>& streams) override;
  void start(const VectorDemand& demand) override { arbiter_.start_vector(demand); }
  [[nodiscard]] bool takes_in() const override { return arbiter_.vector_takes_in(); }
  [[nodiscard]] Cycles stalls() const override { return arbiter_.vector_stalls(); }
  [[nodiscard]] Cycles horizon() const override { return arbiter_.vector_horizon(); }
  void reset() override { arbiter_.reset(); }

 private:
  /// A transfer engine's way in.
  class Line final : public TransferAccess {
   public:
    Line(Arbiter& arbiter, Arbiter::Line line) : arbiter_(arbiter), line_(line) {}
    void settle(Cycles to) override { arbiter_.settle(to); }
    void ask(Cycles from, const BurstDemand& burst) override { arbiter_.ask(line_, from, burst); }
    void ask_more(Cycles cycles) override { arbiter_.ask_more(line_, cycles); }
    bool take() override { return arbiter_.take(line_); }
    [[nodiscard]] Cycles horizon() const override { return arbiter_.horizon(line_); }

   private:
    Arbiter& arbiter_;
    Arbiter::Line line_;
  };

  void end_of_elaboration() override;

  Arbiter arbiter_;
  Line load_{arbiter_, Arbiter::load}, store_{arbiter_, Arbiter::store};
};

}  // namespace tricycle
