# Completion of reduce-run for fish: its own options, then whatever its command completes.

# The words that come after the options, before the cursor's: first one that says what they are.
# Fails while the cursor is among the options.
function __reduce_run_rest
    set -l valued -c --ident --scope --env-mode --env --ignore-env --file --stdin --max-age --ttl \
        --timeout --kill-after --wait-timeout --on-wait-timeout --retries --retry-delay --linger \
        --report --socket --trace --timeline --kill --forget --shell-init --shims
    set -l words (commandline -opc)
    set -l kind command
    set -e words[1]
    while set -q words[1]
        set -l word $words[1]
        if test "$word" = --
            printf '%s\n' $kind $words[2..-1]
            return 0
        end
        string match -qr -- '^-.' $word
        or break
        set -e words[1]
        switch (string replace -r -- '=.*' '' $word)
            case -c
                set kind words
            case --shell-init --shims
                set kind programs
            case --trace --timeline --kill --forget --list --stats --events --top --stop --doctor
                set kind nothing
        end
        if contains -- $word $valued
            # Its value is what is being typed.
            set -q words[1]
            or return 1
            set -e words[1]
        end
    end
    if not set -q words[1]; and string match -q -- '-*' (commandline -ct)
        return 1
    end
    printf '%s\n' $kind $words
end

function __reduce_run_is_option
    not __reduce_run_rest >/dev/null
end

function __reduce_run_complete_rest
    set -l rest (__reduce_run_rest)
    or return
    set -l begun (commandline -ct)
    switch $rest[1]
        case command
            complete -C (string join -- ' ' (string escape -- $rest[2..-1]) "$begun")
        case programs
            complete -C "$begun"
        case words
            __fish_complete_path "$begun"
    end
end

# Runs in flight with their commands; nothing where no daemon answers.
function __reduce_run_runs
    set -l words (commandline -opc)
    set -l at (contains -i -- --socket $words)
    and set -l socket --socket=$words[(math $at + 1)]
    or set -l socket (string match -- '--socket=*' $words)
    timeout 2 reduce-run $socket --list --json 2>/dev/null |
        string match -ar -- '\{"id":\d+,"argv":\[.*?\],"cwd"' |
        string replace -r -- '\{"id":(\d+),"argv":\[(.*)\],"cwd"' '$1\t$2' |
        string replace -a -- '","' ' '
end

complete -c reduce-run -f
complete -c reduce-run -n 'not __reduce_run_is_option' -ka '(__reduce_run_complete_rest)'

complete -c reduce-run -n __reduce_run_is_option -s h -l help -d 'Print a summary of the options'
complete -c reduce-run -n __reduce_run_is_option -l version -d 'Print the version'
complete -c reduce-run -n __reduce_run_is_option -s c -x -a '(__fish_complete_command)' -d 'Run a line by /bin/sh'
complete -c reduce-run -n __reduce_run_is_option -l ident -x -d 'Share with all calls of this name'
complete -c reduce-run -n __reduce_run_is_option -l scope -x -d 'Share only within this scope'
complete -c reduce-run -n __reduce_run_is_option -l env-mode -x -a 'auto all none' -d 'Which variables count'
complete -c reduce-run -n __reduce_run_is_option -l env -x -a '(set -nx)' -d 'This variable counts too'
complete -c reduce-run -n __reduce_run_is_option -l ignore-env -x -a '(set -nx)' -d 'Variables of such names do not count'
complete -c reduce-run -n __reduce_run_is_option -l any-cwd -d 'The working directory does not count'
complete -c reduce-run -n __reduce_run_is_option -l file -rF -d 'The state of this file counts'
complete -c reduce-run -n __reduce_run_is_option -l stdin -x -a 'auto pass none' -d 'What the command reads'
complete -c reduce-run -n __reduce_run_is_option -l no-join -d 'Neither join a run nor be joined'
complete -c reduce-run -n __reduce_run_is_option -l fresh -d 'Only a run that starts after this call'
complete -c reduce-run -n __reduce_run_is_option -l max-age -x -d 'Do not join a run older than this'
complete -c reduce-run -n __reduce_run_is_option -l ttl -x -d 'Share a success until this long after its end'
complete -c reduce-run -n __reduce_run_is_option -l timeout -x -d 'End the run after this long'
complete -c reduce-run -n __reduce_run_is_option -l kill-after -x -d 'SIGKILL this long after SIGTERM'
complete -c reduce-run -n __reduce_run_is_option -l wait-timeout -x -d 'Wait at most this long'
complete -c reduce-run -n __reduce_run_is_option -l on-wait-timeout -x -a 'fail run' -d 'What to do after waiting for too long'
complete -c reduce-run -n __reduce_run_is_option -l retries -x -d 'Try again while the command fails'
complete -c reduce-run -n __reduce_run_is_option -l retry-delay -x -d 'Wait before each further try'
complete -c reduce-run -n __reduce_run_is_option -l linger -x -d 'Let the run go on after its last caller left'
complete -c reduce-run -n __reduce_run_is_option -l keep -d 'Let the run go on to its end'
complete -c reduce-run -n __reduce_run_is_option -l private -d 'Show nobody more than the name of the program'
complete -c reduce-run -n __reduce_run_is_option -l report -rF -d 'Write how the call went as JSON'
complete -c reduce-run -n __reduce_run_is_option -s q -l quiet -d 'Show nothing while waiting'
complete -c reduce-run -n __reduce_run_is_option -l require-daemon -d 'Fail rather than run the command unshared'
complete -c reduce-run -n __reduce_run_is_option -l no-start -d 'Do not start a daemon'
complete -c reduce-run -n __reduce_run_is_option -s v -l verbose -d 'Say which run serves this call'
complete -c reduce-run -n __reduce_run_is_option -l socket -rF -d 'Use the daemon of this socket'
complete -c reduce-run -n __reduce_run_is_option -l stats -a detail -d 'Print what was saved'
complete -c reduce-run -n __reduce_run_is_option -l prometheus -d 'Print statistics as Prometheus reads them'
complete -c reduce-run -n __reduce_run_is_option -l reset -d 'Count from 0 again'
complete -c reduce-run -n __reduce_run_is_option -l events -d 'Print what happens as lines of JSON'
complete -c reduce-run -n __reduce_run_is_option -l top -d 'Show the runs in flight as they go on'
complete -c reduce-run -n __reduce_run_is_option -l trace -rF -d 'Record what happens as a trace'
complete -c reduce-run -n __reduce_run_is_option -l timeline -rF -d 'Record what happens as a picture in SVG'
complete -c reduce-run -n __reduce_run_is_option -l list -d 'Print the runs in flight'
complete -c reduce-run -n __reduce_run_is_option -l kill -x -a '(__reduce_run_runs)' -d 'End a run for all its callers'
complete -c reduce-run -n __reduce_run_is_option -l forget -x -a '(__reduce_run_runs)' -d 'Let later callers not join a run'
complete -c reduce-run -n __reduce_run_is_option -l explain -d 'Print what counts in a command'
complete -c reduce-run -n __reduce_run_is_option -l json -d 'Print JSON'
complete -c reduce-run -n __reduce_run_is_option -l stop -d 'Let the daemon end once its runs have ended'
complete -c reduce-run -n __reduce_run_is_option -l shell-init -x -a 'bash zsh fish' -d 'Print functions that share calls'
complete -c reduce-run -n __reduce_run_is_option -l shims -x -a '(__fish_complete_directories)' -d 'Write scripts that share calls'
complete -c reduce-run -n __reduce_run_is_option -l doctor -d 'Check the installation'
