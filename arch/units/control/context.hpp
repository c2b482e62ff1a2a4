// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <systemc>

namespace tricycle {

/// A simulation of its own: modules that are made while it is entered belong to it, and SystemC's time,
/// events and names are its own. So a process may elaborate one machine after another, or several side by
/// side (docs/decisions/0021). It outlives its modules.
class SimulationContext {
 public:
  SimulationContext();
  ~SimulationContext();
  SimulationContext(const SimulationContext&) = delete;
  SimulationContext& operator=(const SimulationContext&) = delete;

  /// SystemC refers to a context as long as this lives, and then to the one before.
  class Entered {
   public:
    explicit Entered(sc_core::sc_simcontext* context);
    ~Entered();
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;

   private:
    sc_core::sc_simcontext* before_;
  };
  [[nodiscard]] Entered enter() { return Entered(context_.get()); }

 private:
  std::unique_ptr<sc_core::sc_simcontext> context_;
};

}  // namespace tricycle
