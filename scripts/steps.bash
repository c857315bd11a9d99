# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced: runs steps, one line each; the output of a step goes to a log, which is shown if it fails.
#
#   task TITLE COMMAND...        must succeed, or the script ends here
#   define NAME ABOUT COMMAND... declares a step: it will be ok, failed or skipped
#   choose ARGUMENT...           reads the script's arguments: which steps to run, and how
#   chosen NAME                  says whether a step is going to run
#   skip REASON                  called inside a step: ends it as skipped
#   run_steps                    runs the chosen steps, prints the table and the count
#
# A COMMAND is a program or a function, its arguments without spaces; it runs under `set -eo pipefail`.

readonly step_limit_s=900 # a step that hangs is a failure, not a lost build
readonly skip_status=77   # as automake has it
readonly shown_lines=200  # of the log of a failure

steps=()
declare -A about runs
patterns=()
may_skip=yes
must_test=no # set by a script whose steps are all tests: one in which no test passed is a failure

define() {
    steps+=("$1")
    about[$1]=$2
    runs[$1]=${*:3}
}

choose() {
    local argument step
    for argument; do
        case $argument in
            --list)
                for step in "${steps[@]}"; do
                    printf '%-14s %s\n' "$step" "${about[$step]}"
                done
                exit
                ;;
            --no-skips) may_skip=no ;;
            -*)
                printf 'usage: %s [--list] [--no-skips] [STEP...]\n' "$0"
                [[ $argument == --help ]]
                exit
                ;;
            *) patterns+=("$argument") ;;
        esac
    done
}

# A pattern is a step's name or the words that it begins with: `c` is c-asan, c-tsan and c-valgrind.
chosen() {
    local pattern
    ((${#patterns[@]})) || return 0
    for pattern in "${patterns[@]}"; do
        [[ $1 != "$pattern" && $1 != "$pattern"-* ]] || return 0
    done
    return 1
}

task() {
    run_logged "$@"
    if ((status != 0)); then
        report FAILED "$1"
        show_log
        exit 1
    fi
    report ok "$1"
}

run_steps() {
    local step result note table=() words
    local -A count=([ok]=0 [FAILED]=0 [skipped]=0)
    for step in "${steps[@]}"; do
        chosen "$step" || continue
        read -ra words <<<"${runs[$step]}"
        run_logged "$step" "${words[@]}"
        note=$(count_tests)
        case $status in
            0) result=ok ;;
            "$skip_status") result=skipped note=$(tail -n 1 "$log") ;;
            *) result=FAILED ;;
        esac
        if [[ $result == ok && $must_test == yes && -z $note ]]; then
            result=FAILED note='ran no test'
        fi
        report "$result" "$step" "$note"
        table+=("$(report "$result" "$step" "$note")")
        [[ $result != FAILED ]] || show_log
        ((count[$result] += 1))
    done
    ((${#table[@]})) || die "no such step, see $0 --list"
    printf '\n'
    printf '%s\n' "${table[@]}"
    [[ $may_skip == yes || ${count[skipped]} == 0 ]] || printf 'a step was skipped, which --no-skips forbids\n'
    printf '%d passed, %d failed, %d skipped\n' "${count[ok]}" "${count[FAILED]}" "${count[skipped]}"
    ((count[FAILED] == 0)) && [[ $may_skip == yes || ${count[skipped]} == 0 ]]
}

skip() {
    printf '%s\n' "$1"
    exit "$skip_status"
}

# Runs COMMAND, with a clock on the terminal meanwhile. Sets $log, $status and $seconds.
run_logged() {
    local title=$1 start=$SECONDS
    shift
    log=$target/logs/${title// /-}.log
    mkdir -p "${log%/*}"
    set -m # gives the step a process group of its own, so that all of it can be ended
    (
        set +m -eo pipefail
        "$@"
    ) >"$log" 2>&1 </dev/null &
    running=$!
    set +m
    { # bash says on stderr when a job was killed: the log says it too
        while kill -0 "$running"; do
            seconds=$((SECONDS - start))
            if ((seconds > step_limit_s)); then
                printf '\nended: it took more than %d s\n' "$step_limit_s" >>"$log"
                kill -KILL -- "-$running"
            fi
            [[ ! -t 1 ]] || printf '\r%s' "$(report ... "$title")"
            sleep 0.1
        done
        wait "$running"
        status=$?
    } 2>/dev/null
    running=
    seconds=$((SECONDS - start))
    [[ ! -t 1 ]] || printf '\r\033[K'
}

# Whatever ends the script ends the running step.
running=
trap '[[ -z $running ]] || kill -- "-$running"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

report() {
    printf '%-8s %-16s %4d s  %s\n' "$1" "$2" "$seconds" "${3-}"
}

show_log() {
    printf -- '---- the end of %s\n' "$log"
    tail -n "$shown_lines" "$log"
    printf -- '----\n'
}

# Adds up the closing lines of cargo test, pytest and ourselves in $log: "12 passed, 1 skipped".
count_tests() {
    awk '
        /^test result:/ || /(passed|failed).* in [0-9.]+s/ || /^[0-9]+ passed, [0-9]+ failed/ {
            if (match($0, /[0-9]+ passed/)) passed += substr($0, RSTART)
            if (match($0, /[0-9]+ failed/)) failed += substr($0, RSTART)
            if (match($0, /[0-9]+ (skipped|ignored)/)) skipped += substr($0, RSTART)
        }
        END {
            if (passed || failed) printf "%d passed", passed
            if (failed) printf ", %d failed", failed
            if (skipped) printf ", %d skipped", skipped
        }
    ' "$log"
}
