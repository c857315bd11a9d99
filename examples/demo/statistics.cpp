// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Receives every message of a hub, and publishes there, once in a hundred samples, what the newest
// thousand come to:
//
//   {"first_seq":2,"last_seq":7004,"samples":1000,
//    "running":{"min":1,"mean":2.12,"max":6,"deviation":0.48},
//    "switches":{"min":5,"mean":12.9,"max":31,"deviation":2.7}}
//
// A sample is a message on the topic sched, and first_seq and last_seq are those of the first and
// the last: how many tasks were running, and how many context switches there were from one sample
// to the next.

#include <signalhub/signalhub.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <deque>
#include <exception>
#include <locale>
#include <memory>
#include <mutex>
#include <numeric>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

/// What a statistics thread has done so far.
struct statistics_report_t {
    std::uint64_t first_seq; // of the first message meant for it
    std::uint64_t received;  // messages, its own among them
    std::uint64_t missed;    // messages
    std::uint64_t published; // messages
    char failure[256];       // why it ended; empty if all is well
};

namespace {

constexpr std::size_t max_samples = 1000;
constexpr std::size_t samples_per_summary = 100;
constexpr std::uint64_t own_origin = 1; // the sampler leaves its own unsaid

struct Sample {
    std::uint64_t seq;
    std::uint64_t running;
    std::uint64_t switches; // since boot
};

/// Reads a number of the sampler's JSON, which is flat and has no spaces.
std::uint64_t number(std::string_view json, std::string_view name)
{
    const std::string label = '"' + std::string(name) + "\":";
    const std::size_t at = json.find(label);
    std::uint64_t number = 0;

    if (at != json.npos) {
        json.remove_prefix(at + label.size());
        if (std::from_chars(json.data(), json.data() + json.size(), number).ec == std::errc())
            return number;
    }
    throw std::runtime_error("a sample without a number: " + std::string(name));
}

void write_spread(std::ostream &out, const std::vector<std::uint64_t> &values)
{
    const auto [min, max] = std::minmax_element(values.begin(), values.end());
    const auto count = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    double squares = 0;

    for (const std::uint64_t value : values)
        squares += std::pow(static_cast<double>(value) - mean, 2);
    out << "{\"min\":" << *min << ",\"mean\":" << mean << ",\"max\":" << *max
        << ",\"deviation\":" << std::sqrt(squares / count) << '}';
}

/// What samples come to, as JSON. There must be two.
std::string summary(const std::deque<Sample> &samples)
{
    std::vector<std::uint64_t> running, switches;
    std::ostringstream json;

    for (const Sample &sample : samples)
        running.push_back(sample.running);
    for (std::size_t i = 1; i < samples.size(); i++)
        switches.push_back(samples[i].switches - samples[i - 1].switches);

    json.imbue(std::locale::classic()); // others may have decimal commas
    json << "{\"first_seq\":" << samples.front().seq << ",\"last_seq\":" << samples.back().seq
         << ",\"samples\":" << samples.size() << ",\"running\":";
    write_spread(json, running);
    json << ",\"switches\":";
    write_spread(json, switches);
    json << '}';
    return json.str();
}

} // namespace

class Statistics {
public:
    explicit Statistics(const signalhub_t *hub)
        : hub_(signalhub::Hub::from_handle(hub)), receiver_(hub_.subscribe())
    {
        report_.first_seq = receiver_.next_seq();
        thread_ = std::thread(&Statistics::run, this);
    }

    statistics_report_t report()
    {
        const std::lock_guard lock(mutex_);
        return report_;
    }

    void join() { thread_.join(); }

private:
    void run() noexcept
    {
        try {
            for (const signalhub::Received &received : receiver_)
                take(received);
        } catch (const std::exception &error) {
            const std::lock_guard lock(mutex_);
            std::snprintf(report_.failure, sizeof report_.failure, "%s", error.what());
        }
    }

    void take(const signalhub::Received &received)
    {
        const signalhub::View message = received->view();

        count(received);
        if (received.lag()) { // a summary is of samples without a gap
            samples_.clear();
            new_samples_ = 0;
        }
        if (message.origin() == own_origin || message.topic() != "sched")
            return;
        add(message);
        if (new_samples_ == samples_per_summary) {
            publish(summary(samples_));
            new_samples_ = 0;
        }
    }

    void count(const signalhub::Received &received)
    {
        const std::lock_guard lock(mutex_);
        report_.received++;
        if (received.lag())
            report_.missed += received.lag()->missed;
    }

    void add(const signalhub::View &message)
    {
        if (samples_.size() == max_samples)
            samples_.pop_front();
        samples_.push_back({message.seq(), number(message.payload(), "running"),
                            number(message.payload(), "context_switches")});
        new_samples_++;
    }

    /// The hub may be closed while this thread still has samples to read, and no flag has to stop
    /// its publishing before: a summary that precedes the close is received by all, by this thread
    /// too, and counted; one that comes too late is refused, and counted nowhere. So the sums are
    /// exact, and the receiving goes on to the end.
    void publish(const std::string &json)
    {
        const auto message = signalhub::View::json(json);

        if (hub_.publish(message.with_topic("statistics.sched").with_origin(own_origin))) {
            const std::lock_guard lock(mutex_);
            report_.published++;
        }
    }

    const signalhub::Hub hub_;
    signalhub::Receiver receiver_;
    std::deque<Sample> samples_;
    std::size_t new_samples_ = 0; // since the last summary
    std::thread thread_;
    std::mutex mutex_; // guards what follows: the thread writes it, callers look
    statistics_report_t report_ = {};
};

extern "C" {

/// Each returns 0, or -1 when the report says what failed. No exception leaves them.
int statistics_start(const signalhub_t *hub, Statistics **out_statistics,
                     statistics_report_t *out_report) noexcept;
int statistics_report(Statistics *statistics, statistics_report_t *out_report) noexcept;
int statistics_stop(Statistics *statistics, statistics_report_t *out_report) noexcept;

/// Starts a thread that receives and publishes. `hub` remains the caller's.
int statistics_start(const signalhub_t *hub, Statistics **out_statistics,
                     statistics_report_t *out_report) noexcept
{
    *out_report = {};
    try {
        *out_statistics = new Statistics(hub);
        return 0;
    } catch (const std::exception &error) {
        std::snprintf(out_report->failure, sizeof out_report->failure, "%s", error.what());
        return -1;
    }
}

/// Says what the thread has done so far.
int statistics_report(Statistics *statistics, statistics_report_t *out_report) noexcept
{
    *out_report = statistics->report();
    return out_report->failure[0] == '\0' ? 0 : -1;
}

/// Waits until the hub is closed and its last message received, then frees, also when it returns
/// -1.
int statistics_stop(Statistics *statistics, statistics_report_t *out_report) noexcept
{
    const std::unique_ptr<Statistics> owner(statistics);

    statistics->join();
    return statistics_report(statistics, out_report);
}

} // extern "C"
