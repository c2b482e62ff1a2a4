// SPDX-License-Identifier: Apache-2.0
#include "arch/dram/model.hpp"

#include <algorithm>
#include <memory>

#include "arch/dram/channel.hpp"
#include "arch/dram/mapping.hpp"

namespace tricycle {

DramStatistics& DramStatistics::operator+=(const DramStatistics& other) {
  cycles += other.cycles;
  reads += other.reads;
  writes += other.writes;
  read_commands += other.read_commands;
  write_commands += other.write_commands;
  read_row_hits += other.read_row_hits;
  write_row_hits += other.write_row_hits;
  activates += other.activates;
  precharges += other.precharges;
  refreshes += other.refreshes;
  bank_refreshes += other.bank_refreshes;
  forwarded_reads += other.forwarded_reads;
  merged += other.merged;
  read_latency_sum += other.read_latency_sum;
  read_latency_min = std::min(read_latency_min, other.read_latency_min);
  read_latency_max = std::max(read_latency_max, other.read_latency_max);
  active_cycles += other.active_cycles;
  precharged_cycles += other.precharged_cycles;
  return *this;
}

struct DramModel::State {
  State(const DramDevice& d, const std::function<void(const DramCommand&)>& observer)
      : device(d), mapping(d) {
    for (std::int32_t c = 0; c < d.geometry.channels; ++c) {
      channels.push_back(std::make_unique<DramChannelLogic>(device, c, observer));
    }
  }
  DramDevice device;
  DramMapping mapping;
  std::vector<std::unique_ptr<DramChannelLogic>> channels;
  std::vector<DramAnswer> answers;
};

DramModel::DramModel(const DramDevice& device) : state_(std::make_unique<State>(device, observer)) {}
DramModel::~DramModel() = default;

DramCycles DramModel::now() const {
  return state_->channels.front()->now();
}

bool DramModel::accepts(std::uint64_t address, bool write) const {
  const DramAddress at = state_->mapping.locate(address);
  return state_->channels[static_cast<std::size_t>(at.channel)]->accepts(write);
}

void DramModel::add(std::uint64_t id, std::uint64_t address, bool write) {
  const DramAddress at = state_->mapping.locate(address);
  state_->channels[static_cast<std::size_t>(at.channel)]->add(id, state_->mapping.wrapped(address), at,
                                                              write);
}

void DramModel::advance(DramCycles n) {
  for (const auto& channel : state_->channels) channel->advance(n);
}

void DramModel::drain() {
  for (const auto& channel : state_->channels) channel->drain();
  while (busy()) {
    advance(1);
    static_cast<void>(take_answers());
  }
}

DramCycles DramModel::horizon() const {
  DramCycles least = ~DramCycles{0};
  for (const auto& channel : state_->channels) least = std::min(least, channel->horizon());
  return least;
}

bool DramModel::busy() const {
  return std::any_of(state_->channels.begin(), state_->channels.end(),
                     [](const auto& channel) { return channel->busy(); });
}

const std::vector<DramAnswer>& DramModel::take_answers() {
  std::vector<DramAnswer>& answers = state_->answers;
  answers.clear();
  for (const auto& channel : state_->channels) channel->take_answers(answers);
  if (answers.size() > 1)
    std::stable_sort(answers.begin(), answers.end(),
                     [](const DramAnswer& a, const DramAnswer& b) { return a.cycle < b.cycle; });
  return answers;
}

std::vector<DramStatistics> DramModel::statistics() const {
  std::vector<DramStatistics> all;
  for (const auto& channel : state_->channels) all.push_back(channel->statistics());
  return all;
}

}  // namespace tricycle
