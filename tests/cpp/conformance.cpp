// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs the conformance scripts (tests/conformance/README.md) through the C++ API: through what
// throws, and again through the noexcept twins. One file, however long, so that it is compiled as
// any other test is.
#include "check.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <poll.h>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <signalhub/signalhub.hpp>

using namespace signalhub;
using namespace std::chrono_literals;

// What scripts may need of it. Not freed handles: an object has a live one, or NULL.
static const std::set<std::string> can = {"publish_many", "recv_many", "recv_packed", "unchecked"};
// Lest a script be lost unnoticed.
static constexpr int scripts_min = 28;

static const std::map<std::string_view, int> statuses = {
    {"ok", SIGNALHUB_OK},
    {"empty", SIGNALHUB_EMPTY},
    {"lagged", SIGNALHUB_LAGGED},
    {"closed", SIGNALHUB_CLOSED},
    {"timeout", SIGNALHUB_TIMEOUT},
    {"kept", SIGNALHUB_KEPT},
    {"full", SIGNALHUB_FULL},
    {"err_capacity", SIGNALHUB_ERR_CAPACITY},
    {"err_slot_bytes", SIGNALHUB_ERR_SLOT_BYTES},
    {"err_max_message_bytes", SIGNALHUB_ERR_MAX_MESSAGE_BYTES},
    {"err_kind", SIGNALHUB_ERR_KIND},
    {"err_utf8", SIGNALHUB_ERR_UTF8},
    {"err_topic", SIGNALHUB_ERR_TOPIC},
    {"err_too_big", SIGNALHUB_ERR_TOO_BIG},
    {"err_too_small", SIGNALHUB_ERR_TOO_SMALL},
    {"err_pattern", SIGNALHUB_ERR_PATTERN},
    {"err_start", SIGNALHUB_ERR_START},
    {"err_on_lag", SIGNALHUB_ERR_ON_LAG},
    {"err_capacity_bytes", SIGNALHUB_ERR_CAPACITY_BYTES},
    {"err_name", SIGNALHUB_ERR_NAME},
    {"err_wait", SIGNALHUB_ERR_WAIT},
};

// A status as scripts write it.
static std::string word_of(int status)
{
    for (const auto &[word, value] : statuses)
        if (value == status)
            return std::string(word);
    return signalhub_status_str(status);
}

// The beginning of a text that may be long, or bytes.
static std::string shown(std::string_view text)
{
    std::string shown(text.substr(0, 100));
    std::replace_if(shown.begin(), shown.end(), [](unsigned char c) { return c < ' '; }, '?');
    return shown;
}

static void expect(std::string_view got, std::string_view want)
{
    if (got != want)
        throw std::runtime_error("got " + shown(got) + ", want " + shown(want));
}

template <class Number = std::uint64_t>
static Number number(std::string_view text, int base = 10)
{
    Number value = 0;
    const char *end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc() || stop != end)
        throw std::runtime_error("no number: " + std::string(text));
    return value;
}

// What stands before and behind `separator`; nothing behind, if it is not there.
static std::pair<std::string_view, std::string_view> cut(std::string_view text,
                                                         std::string_view separator)
{
    const std::size_t at = std::min(text.find(separator), text.size());
    return {text.substr(0, at), text.substr(std::min(at + separator.size(), text.size()))};
}

// What a receive came to, but for its messages. A lag begins at the cursor.
static std::string text_of(Outcome outcome, const std::optional<Lag> &lag, std::uint64_t cursor)
{
    const std::string word = word_of(static_cast<int>(outcome));
    if (!lag)
        return word;
    expect(std::to_string(lag->first_lost), std::to_string(cursor));
    expect(std::to_string(lag->resume_at), std::to_string(cursor + lag->missed));
    return word + ' ' + std::to_string(lag->missed);
}

// What is published, or must arrive, or came.
struct Content {
    std::string data;
    Kind kind = Kind::text;
    std::optional<std::string> topic = std::nullopt;
    std::uint64_t origin = 0;
    std::optional<std::uint64_t> seq = std::nullopt;

    View view() const
    {
        const View view = View(kind, data.data(), data.size()).with_origin(origin);
        return topic ? view.with_topic(*topic) : view;
    }

    Label label() const { return {kind, topic ? *topic : std::string_view(), origin}; }

    std::string text() const
    {
        return "kind " + std::to_string(static_cast<int>(kind)) + " topic '" + topic.value_or("") +
               "' origin " + std::to_string(origin) + (seq ? " seq " + std::to_string(*seq) : "") +
               ", " + std::to_string(data.size()) + " bytes: " + data;
    }
};

static Content content_of(const View &view)
{
    return {std::string(view.payload()), view.kind(), std::string(view.topic()), view.origin(),
            view.seq()};
}

// What a word stands for.
static Content content_of(std::string_view word)
{
    if (word[0] == '\'')
        return {std::string(word.substr(1, word.size() - 2))};
    const auto [form, arguments] = cut(word.substr(0, word.size() - 1), "(");
    const bool is_text = form == "text";
    std::string data;
    if (form == "hex") {
        for (std::size_t i = 0; i < arguments.size(); i += 2)
            data += static_cast<char>(number<unsigned char>(arguments.substr(i, 2), 16));
    } else if (is_text || form == "bytes") {
        const auto [size, start] = cut(arguments, ",");
        data.resize(number(size));
        for (std::size_t i = 0, s = number(start); i < data.size(); i++)
            data[i] =
                static_cast<char>(is_text ? 'a' + (s + i + i / 25) % 26 : (s + i + i / 255) % 256);
    } else {
        return {std::string(word)};
    }
    return {data, is_text ? Kind::text : Kind::bytes};
}

static Kind kind_of(std::string_view name)
{
    static constexpr std::string_view names[] = {"bytes", "text", "json", "event"};
    const auto found = std::find(std::begin(names), std::end(names), name);
    return static_cast<Kind>(found != std::end(names) ? found - names : number<int>(name));
}

// What stands on one side of an arrow: words, and options as in `topic=a.b`.
struct Side {
    std::vector<std::string_view> words;
    std::map<std::string_view, std::string_view> options;

    void add(std::string_view token)
    {
        if (const auto [key, value] = cut(token, "="); token[0] != '\'' && !value.empty())
            options[key] = value;
        else
            words.push_back(token);
    }

    const std::string_view *option(std::string_view key) const
    {
        const auto found = options.find(key);
        return found != options.end() ? &found->second : nullptr;
    }

    // The result that this is, but for messages.
    std::string result() const
    {
        std::string text;
        for (const std::string_view word : words)
            text.append(text.empty() ? "" : " ").append(word);
        return text.empty() ? "ok" : text;
    }

    // What the words from `first` on stand for, with what the options say of it.
    std::vector<Content> contents(std::size_t first) const
    {
        std::vector<Content> contents;
        for (std::size_t i = first; i < words.size(); i++) {
            const auto [begin, end] = cut(words[i], "..");
            if (begin.empty() || end.empty() || !std::isdigit(begin[0]) || !std::isdigit(end[0]))
                contents.push_back(content_of(words[i]));
            else
                for (auto n = number(begin); n < number(end); n++)
                    contents.push_back({std::to_string(n)});
        }
        for (std::size_t i = 0; i < contents.size(); i++) {
            if (const auto *kind = option("kind"))
                contents[i].kind = kind_of(*kind);
            if (const auto *topic = option("topic"))
                contents[i].topic = content_of(*topic).data;
            if (const auto *seq = option("seq"))
                contents[i].seq = number(*seq) + i;
            if (const auto *origin = option("origin"))
                contents[i].origin = number(*origin);
        }
        return contents;
    }
};

static Start start_of(std::string_view text)
{
    const auto [how, at] = cut(text.substr(0, text.find(')')), "(");
    if (how == "next")
        return Start::next();
    if (how == "oldest")
        return Start::oldest();
    if (how != "last" && how != "seq")
        throw std::runtime_error("unknown start " + std::string(how));
    return how == "last" ? Start::last(number(at)) : Start::seq(number(at));
}

static OnLag on_lag_of(std::string_view name)
{
    static const std::map<std::string_view, OnLag> policies = {
        {"report", OnLag::report}, {"skip", OnLag::skip}, {"newest", OnLag::newest}};
    return policies.at(name);
}

// As a script has it: negative is for ever.
static Timeout timeout_of(std::int64_t ns)
{
    return ns < 0 ? Timeout(std::nullopt) : std::chrono::nanoseconds(ns);
}

static Wait wait_of(std::string_view name)
{
    static const std::map<std::string_view, Wait> waits = {{"adaptive", Wait::adaptive},
                                                           {"spin", Wait::spin},
                                                           {"yield", Wait::yield},
                                                           {"park", Wait::park}};
    return waits.at(name);
}

static bool is_readable(int fd)
{
    pollfd watched = {fd, POLLIN, 0};
    return poll(&watched, 1, 0) == 1;
}

// What `stats` must tell: the counts that scripts know, which must add up.
static std::string text_of(const ReceiverStats &stats)
{
    expect(std::to_string(stats.received + stats.filtered + stats.missed),
           std::to_string(stats.next_seq - stats.start_seq));
    return "start_seq=" + std::to_string(stats.start_seq) +
           " received=" + std::to_string(stats.received) +
           " filtered=" + std::to_string(stats.filtered) +
           " missed=" + std::to_string(stats.missed) + " behind=" + std::to_string(stats.behind);
}

// Does what the lines of one script say.
class Driver {
public:
    explicit Driver(bool uses_twins) : uses_twins_(uses_twins) {}

    void run(const Side &call, const Side &want)
    {
        const std::string_view verb = call.words.at(0);
        if (verb == "publish")
            publish(call, want);
        else if (verb == "publish_owned")
            publish_owned(call, want);
        else if (verb.find("recv") != verb.npos)
            receive_all(call, want);
        else if (verb == "stats")
            look_at_stats(call, want);
        else
            expect(result(verb, call), want.result());
    }

private:
    // What comes of a call: what it says, or the status of its error. `call()` is to use what
    // throws, `call(error)` the twin.
    template <class Call>
    std::string result_of(Call call) const
    {
        std::error_code error = SIGNALHUB_ERR_PANIC; // success must clear it
        if (uses_twins_) {
            const std::string result = call(error);
            return error ? word_of(error.value()) : result;
        }
        try {
            return call();
        } catch (const Error &thrown) {
            return word_of(thrown.code().value());
        }
    }

    std::string result(std::string_view verb, const Side &call)
    {
        const std::string_view name = call.words.size() > 1 ? call.words[1] : "";
        if (verb == "use") {
            used_ = name;
            return "ok";
        }
        if (verb == "freed")
            return std::to_string(*freed_);
        if (verb == "free") {
            const auto count = hubs_.erase(name) + receivers_.erase(name) + loans_.erase(name);
            return count == 1 ? "ok" : "nothing to free";
        }
        return result_of([&](auto &...error) -> std::string {
            if (verb == "open")
                open(call, error...);
            else if (verb == "clone")
                hubs_.insert_or_assign(name, hub().clone(error...));
            else if (verb == "subscribe")
                subscribe(call, error...);
            else if (verb == "close")
                hub().close(error...);
            else if (verb == "capacity")
                return std::to_string(hub().capacity(error...));
            else if (verb == "next_seq" && name.empty())
                return std::to_string(hub().next_seq(error...));
            else if (verb == "next_seq")
                return std::to_string(receivers_.at(name).next_seq(error...));
            else if (verb == "publish_many")
                return publish_many(call, error...);
            else if (verb == "loan")
                borrow(call, error...);
            else if (verb == "publish_loan")
                return publish_loan(call, error...);
            else if (verb == "wait_any")
                return wait_any(call, error...);
            else if (verb == "readable")
                return is_readable(receivers_.at(name).fd(error...)) ? "yes" : "no";
            else
                return "unknown command";
            return "ok";
        });
    }

    template <class... ErrorCode>
    void open(const Side &call, ErrorCode &...error)
    {
        Options options;
        if (const auto *capacity = call.option("capacity"))
            options.capacity = number(*capacity);
        if (const auto *max_message_bytes = call.option("max_message_bytes"))
            options.max_message_bytes = number(*max_message_bytes);
        if (const auto *slot_bytes = call.option("slot_bytes"))
            options.slot_bytes = number(*slot_bytes);
        if (const auto *capacity_bytes = call.option("capacity_bytes"))
            options.capacity_bytes = number(*capacity_bytes);
        hubs_.clear();
        receivers_.clear();
        loans_.clear();
        used_ = "hub";
        hubs_.emplace(used_, Hub(options, error...));
    }

    template <class... ErrorCode>
    void subscribe(const Side &call, ErrorCode &...error)
    {
        ReceiverOptions options;
        std::string pattern;
        if (const auto *word = call.option("pattern"))
            options.pattern = pattern = content_of(*word).data;
        if (const auto *start = call.option("start"))
            options.start = start_of(*start);
        if (const auto *on_lag = call.option("on_lag"))
            options.on_lag = on_lag_of(*on_lag);
        if (const auto *origin = call.option("ignore_origin"))
            options.ignore_origin = number(*origin);
        options.lossless = call.option("lossless") != nullptr;
        if (const auto *max_stall = call.option("max_stall"))
            options.max_stall = std::chrono::nanoseconds(number<std::int64_t>(*max_stall));
        if (const auto *wait = call.option("wait"))
            options.wait = wait_of(*wait);
        receivers_.insert_or_assign(call.words.at(1), call.options.empty()
                                                          ? hub().subscribe(error...)
                                                          : hub().subscribe(options, error...));
    }

    void look_at_stats(const Side &call, const Side &want)
    {
        Receiver &receiver = receivers_.at(call.words.at(1));
        const std::string got = result_of([&](auto &...error) {
            const ReceiverStats stats = receiver.stats(error...);
            expect(std::to_string(stats.next_seq), std::to_string(receiver.next_seq(error...)));
            if (const auto *lossless = want.option("lossless"))
                expect(stats.is_lossless ? "1" : "0", *lossless);
            return text_of(stats);
        });
        std::string wanted;
        for (const char *count : {"start_seq", "received", "filtered", "missed", "behind"})
            wanted.append(wanted.empty() ? "" : " ")
                .append(count)
                .append("=")
                .append(want.options.at(count));
        expect(got, wanted);
    }

    void publish(const Side &call, const Side &want)
    {
        for (const Content &content : call.contents(1)) {
            std::optional<Published> published;
            const std::string got = result_of([&](auto &...error) {
                if (const auto *timeout = call.option("timeout"))
                    published = hub().publish_timeout(
                        content.view(), timeout_of(number<std::int64_t>(*timeout)), error...);
                else
                    published = hub().publish(content.view(), error...);
                return published ? "ok" : refusal();
            });
            expect(got, want.result());
            if (const auto *receivers = want.option("receivers"))
                expect(std::to_string(published->receivers), *receivers);
        }
    }

    // A payload that counts that it was destroyed, once, wherever it was moved.
    void publish_owned(const Side &call, const Side &want)
    {
        for (const Content &content : call.contents(1)) {
            const auto count = [freed = freed_](std::string *data) {
                delete data;
                ++*freed;
            };
            std::shared_ptr<std::string> owner(new std::string(content.data), count);
            const std::string got = result_of([&](auto &...error) {
                const std::string &data = *owner;
                const auto published = hub().publish_owned(std::move(owner), data.data(),
                                                           data.size(), content.label(), error...);
                return published ? "ok" : refusal();
            });
            expect(got, want.result());
            expect(owner ? *owner : "published", got == "ok" ? "published" : content.data);
            if (owner) { // ours again, and not counted
                owner.reset();
                --*freed_;
            }
        }
    }

    template <class... ErrorCode>
    void borrow(const Side &call, ErrorCode &...error)
    {
        Loan loan = hub().loan(number<std::size_t>(call.words.at(2)), error...);
        if (loan.native_handle() != nullptr)
            loans_.insert_or_assign(call.words[1], std::move(loan));
    }

    template <class... ErrorCode>
    std::string publish_loan(const Side &call, ErrorCode &...error)
    {
        Loan &loan = loans_.at(call.words.at(1));
        const Content content = call.contents(2).at(0);
        std::copy_n(content.data.begin(), content.data.size(),
                    reinterpret_cast<char *>(loan.data()));
        loan.truncate(content.data.size());
        return loan.publish(content.label(), error...) ? "ok" : refusal();
    }

    template <class... ErrorCode>
    std::string publish_many(const Side &call, ErrorCode &...error)
    {
        const std::vector<Content> contents = call.contents(1);
        std::vector<View> views;
        for (const Content &content : contents)
            views.push_back(content.view());
        const std::size_t published = hub().publish_many(views.data(), views.size(), error...);
        return published == views.size() ? "ok" : refusal() + ' ' + std::to_string(published);
    }

    // Why nothing was published, or nothing more. A hub that was freed is closed.
    std::string refusal() const
    {
        const auto hub = hubs_.find(used_);
        return hub == hubs_.end() || hub->second.is_closed() ? "closed" : "full";
    }

    template <class... ErrorCode>
    std::string wait_any(const Side &call, ErrorCode &...error)
    {
        std::vector<Receiver *> receivers;
        for (std::size_t i = 1; i < call.words.size(); i++)
            receivers.push_back(&receivers_.at(call.words[i]));
        const auto index = signalhub::wait_any(receivers, 0ns, error...);
        return index ? std::string(call.words[*index + 1]) : "timeout";
    }

    void receive_all(const Side &call, const Side &want)
    {
        const std::string_view verb = call.words[0];
        std::vector<Content> got;
        if (!want.words.empty() && statuses.count(want.words[0]) > 0)
            return expect(receive(call, got), want.result());
        const std::vector<Content> wanted = want.contents(0);
        do
            expect(receive(call, got), "ok");
        while (verb != "recv_many" && verb != "recv_packed" && got.size() < wanted.size());
        expect(std::to_string(got.size()), std::to_string(wanted.size()));
        for (std::size_t i = 0; i < wanted.size(); i++) {
            if (verb == "recv_packed")
                got[i].kind = wanted[i].kind;
            if (!wanted[i].seq)
                got[i].seq.reset();
            expect(got[i].text(), wanted[i].text());
        }
    }

    // One receive: the status that it came to. Its messages go behind `contents`.
    std::string receive(const Side &call, std::vector<Content> &contents)
    {
        const std::string_view verb = call.words[0];
        if (verb == "recv_packed")
            return receive_packed(call, contents);
        Receiver &receiver = receivers_.at(call.words[1]);
        const auto argument = number<std::int64_t>(call.words.size() > 2 ? call.words[2] : "0");
        const auto size = static_cast<std::size_t>(argument);
        const std::uint64_t cursor = receiver.next_seq();

        Batch batch(verb == "recv_many" ? size : 0);
        const std::chrono::nanoseconds limit(argument);
        const Timeout timeout = timeout_of(argument);
        const auto start = std::chrono::steady_clock::now();
        const std::string got = result_of([&](auto &...error) {
            Received received;
            if (verb == "try_recv")
                received = receiver.try_recv(error...);
            else if (verb == "recv")
                received = receiver.recv(error...);
            else if (verb == "recv_timeout")
                received = receiver.recv_timeout(timeout, error...);
            else
                received = receiver.recv_many(batch, 0ns, error...);
            for (const Message &message : received)
                contents.push_back(content_of(message.view(error...)));
            return text_of(received.outcome(), received.lag(), cursor);
        });
        if (verb == "recv_timeout" && got == "timeout" &&
            std::chrono::steady_clock::now() - start < limit)
            return "timeout, early";
        return got;
    }

    std::string receive_packed(const Side &call, std::vector<Content> &contents)
    {
        Receiver &receiver = receivers_.at(call.words[1]);
        const std::uint64_t cursor = receiver.next_seq();
        Packed packed(number(call.words[2]), number(call.words[3]));
        const std::string got = result_of([&](auto &...error) -> std::string {
            const Outcome outcome = receiver.recv_packed(packed, 0ns, error...);
            for (const std::string_view payload : packed)
                contents.push_back({std::string(payload)});
            return text_of(outcome, packed.lag(), cursor);
        });
        return got == "err_too_small" ? got + ' ' + std::to_string(packed.needed()) : got;
    }

    const Hub &hub() const { return hubs_.at(used_); }

    bool uses_twins_;
    std::string_view used_;
    std::map<std::string_view, Hub> hubs_;
    std::map<std::string_view, Receiver> receivers_;
    std::map<std::string_view, Loan> loans_;
    std::shared_ptr<int> freed_ = std::make_shared<int>(0);
};

// Splits a line at the blanks that are not quoted, and runs it.
static void run_line(Driver &driver, std::string_view line)
{
    Side call, want, *side = &call;
    while (!line.empty()) {
        std::size_t end = 0;
        for (bool is_quoted = false; end < line.size() && (is_quoted || line[end] != ' '); end++)
            is_quoted ^= line[end] == '\'';
        if (const std::string_view token = line.substr(0, end); token == "->")
            side = &want;
        else if (!token.empty())
            side->add(token);
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    driver.run(call, want);
}

static void run_script(const std::string &name, std::string_view text, bool uses_twins)
{
    Driver driver(uses_twins);
    for (int line_number = 1; !text.empty(); line_number++) {
        const auto [line, behind] = cut(text, "\n");
        text = behind;
        if (line.empty() || line[0] == '#')
            continue;
        try {
            run_line(driver, line);
        } catch (const std::exception &error) {
            std::cerr << name << ':' << line_number << (uses_twins ? " (noexcept): " : ": ")
                      << shown(line) << ": " << error.what() << '\n';
            std::exit(1);
        }
    }
}

// Whether it needs nothing that C++ has not.
static bool is_for_cpp(const std::string &script)
{
    const auto [head, behind] = cut(script, "# needs: ");
    return behind.empty() || can.count(std::string(cut(behind, "\n").first)) > 0;
}

int main()
{
    watchdog();
    std::set<std::filesystem::path> scripts;
    for (const auto &entry : std::filesystem::directory_iterator("tests/conformance"))
        if (entry.path().extension() == ".txt")
            scripts.insert(entry.path());
    int agree = 0;
    for (const std::filesystem::path &script : scripts) {
        std::ifstream file(script);
        const std::string text(std::istreambuf_iterator<char>(file), {});
        if (!is_for_cpp(text)) {
            std::cout << "skipped: " << script.filename().string() << '\n';
            continue;
        }
        run_script(script.string(), text, false);
        run_script(script.string(), text, true);
        agree++;
    }
    std::cout << agree << " scripts agree\n";
    return agree >= scripts_min ? 0 : 1;
}
