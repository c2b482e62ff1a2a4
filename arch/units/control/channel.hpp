// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>
#include <systemc>
#include <utility>

#include "arch/units/control/component.hpp"
#include "arch/units/control/run_control.hpp"

namespace tricycle {

/// The end of a channel where messages go in.
template <class T>
class ChannelOut : public virtual sc_core::sc_interface {
 public:
  [[nodiscard]] virtual bool can_post() const = 0;
  virtual void post(T message) = 0;
  /// Notified for the cycle in which a slot has become free. Only a channel of limited length does.
  [[nodiscard]] virtual const sc_core::sc_event& freed() const = 0;
};

/// The end of a channel where messages come out.
template <class T>
class ChannelIn : public virtual sc_core::sc_interface {
 public:
  [[nodiscard]] virtual bool has() const = 0;
  [[nodiscard]] virtual const T& front() const = 0;
  virtual T take() = 0;
  /// Notified for the cycle in which a message can be seen.
  [[nodiscard]] virtual const sc_core::sc_event& posted() const = 0;
};

template <class T>
using OutPort = sc_core::sc_port<ChannelOut<T>>;
template <class T>
using InPort = sc_core::sc_port<ChannelIn<T>>;
/// A port that may stay unbound, where a machine does not have what is behind it.
template <class Interface>
using OptionalPort = sc_core::sc_port<Interface, 1, sc_core::SC_ZERO_OR_MORE_BOUND>;

/// A queue between two units. A message posted in cycle t is seen in t + 1, never earlier, and a slot freed
/// in t is free in t + 1: SystemC's update phase makes both visible, behind the one delta cycle in which all
/// processes of a cycle act. So no result depends on the order of processes within a cycle (rules E2 and E3
/// of docs/timing.md).
template <class T>
class Channel final : public sc_core::sc_prim_channel,
                      public Component,
                      public ChannelOut<T>,
                      public ChannelIn<T> {
 public:
  static constexpr std::size_t unlimited = ~std::size_t{0};

  Channel(const char* name, RunControl& run, std::size_t capacity = unlimited)
      : sc_prim_channel(name),
        run_(run),
        capacity_(capacity),
        posted_((std::string(basename()) + "_posted").c_str()),
        freed_((std::string(basename()) + "_freed").c_str()) {}

  [[nodiscard]] bool can_post() const override { return messages_.size() + freed_now_ < capacity_; }
  void post(T message) override {
    messages_.push_back(std::move(message));
    request_update();
  }
  [[nodiscard]] const sc_core::sc_event& freed() const override { return freed_; }

  [[nodiscard]] bool has() const override { return visible_ > 0; }
  [[nodiscard]] const T& front() const override { return messages_.front(); }
  T take() override {
    T message = std::move(messages_.front());
    messages_.pop_front();
    --visible_;
    if (capacity_ != unlimited) {
      ++freed_now_;
      request_update();
    }
    return message;
  }
  [[nodiscard]] const sc_core::sc_event& posted() const override { return posted_; }

  void reset() override {
    messages_.clear();
    visible_ = freed_now_ = 0;
  }
  [[nodiscard]] std::vector<Property> properties() const override {
    return {{"slots", capacity_ == unlimited ? "unlimited" : std::to_string(capacity_)}};
  }

 private:
  void update() override {
    if (visible_ < messages_.size()) tell(posted_);
    if (freed_now_ > 0) tell(freed_);
    visible_ = messages_.size();
    freed_now_ = 0;
  }
  void tell(sc_core::sc_event& event) {
    event.notify(run_.cycles(1));
    run_.alive(run_.now() + 1);
  }

  RunControl& run_;
  std::size_t capacity_;
  std::deque<T> messages_;
  std::size_t visible_ = 0;    ///< messages that were posted before this cycle
  std::size_t freed_now_ = 0;  ///< slots freed in this cycle
  sc_core::sc_event posted_, freed_;
};

}  // namespace tricycle
