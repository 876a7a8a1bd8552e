# Completion of reduce-run for bash: its own options, then whatever its command completes.

# The words of the command line up to the cursor, as the shell will see them, into `words`, and where
# each begins in COMP_WORDS into `firsts`: for completion, bash cuts at `=` and `:` too.
_reduce_run_words() {
  local rest=${COMP_LINE:0:COMP_POINT} part at
  words=() firsts=()
  for ((at = 0; at <= COMP_CWORD; at++)); do
    if ((at == 0)) || [[ $rest == [[:space:]]* ]]; then
      rest=${rest#"${rest%%[![:space:]]*}"}
      words+=('') firsts+=("$at")
    fi
    part=${COMP_WORDS[at]}
    ((at < COMP_CWORD)) || part=$rest
    words[${#words[@]} - 1]+=$part
    rest=${rest#"$part"}
  done
}

_reduce_run_reply() { # COMPGEN'S-WORDS...
  mapfile -t COMPREPLY < <(compgen "$@" 2>/dev/null)
}

_reduce_run_reply_files() { # COMPGEN'S-WORDS...
  compopt -o filenames 2>/dev/null
  _reduce_run_reply "$@"
}

# Numbers of runs in flight; nothing where no daemon answers.
_reduce_run_ids() { # PROGRAM [SOCKET]
  timeout 2 "$1" ${2:+--socket "$2"} --list --json 2>/dev/null |
    grep -o '{"id":[0-9]*' | tr -dc '0-9\n'
}

_reduce_run_value() { # OPTION BEGUN PROGRAM [SOCKET]
  case $1 in
    --file | --report | --trace | --timeline | --socket) _reduce_run_reply_files -f -- "$2" ;;
    --shims) _reduce_run_reply_files -d -- "$2" ;;
    --stdin) _reduce_run_reply -W 'auto pass none' -- "$2" ;;
    --env-mode) _reduce_run_reply -W 'auto all none' -- "$2" ;;
    --on-wait-timeout) _reduce_run_reply -W 'fail run' -- "$2" ;;
    --shell-init) _reduce_run_reply -W 'bash zsh fish' -- "$2" ;;
    --stats) _reduce_run_reply -W 'detail' -- "$2" ;;
    --env | --ignore-env) _reduce_run_reply -e -- "$2" ;;
    --kill | --forget) _reduce_run_reply -W "$(_reduce_run_ids "$3" "$4")" -- "$2" ;;
    -c) _reduce_run_reply -c -- "$2" ;;
  esac
}

# What the command completes by itself, if bash-completion is there; else commands, then files.
_reduce_run_command() { # WHERE-IT-BEGINS-IN-COMP_WORDS BEGUN
  if declare -F _comp_command_offset >/dev/null; then
    _comp_command_offset "$1"
  elif declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)); then
    _reduce_run_reply_files -c -- "$2"
  else
    _reduce_run_reply_files -f -- "$2"
  fi
}

# Bash replaces only what follows the last `=` or `:`, if it cuts there.
_reduce_run_fit() { # BEGUN WHAT-BASH-REPLACES
  local at
  for at in "${!COMPREPLY[@]}"; do
    if [[ $2 == *"$1" ]]; then
      COMPREPLY[at]=${2%"$1"}${COMPREPLY[at]}
    else
      COMPREPLY[at]=${COMPREPLY[at]#"${1%"$2"}"}
    fi
  done
}

_reduce_run() {
  local flags=(-h --help --version --any-cwd --no-join --fresh --keep --private -q --quiet
    --require-daemon --no-start -v --verbose --stats --prometheus --reset --events --top --list
    --explain --json --stop --doctor)
  local valued=(-c --ident --scope --env-mode --env --ignore-env --file --stdin --max-age --ttl
    --timeout --kill-after --wait-timeout --on-wait-timeout --retries --retry-delay --linger
    --report --socket --trace --timeline --kill --forget --shell-init --shims)
  local words firsts word name at last socket='' rest=command dashes=no
  COMPREPLY=()
  _reduce_run_words
  last=$((${#words[@]} - 1))
  for ((at = 1; at < last; at++)); do
    word=${words[at]}
    name=${word%%=*}
    [[ $word == -?* ]] || break
    if [[ $word == -- ]]; then
      dashes=yes
      ((at++))
      break
    fi
    case $name in
      -c) rest=words ;;
      --shell-init | --shims) rest=programs ;;
      --trace | --timeline | --kill | --forget | --list | --stats | --events | --top | --stop | \
        --doctor) rest=nothing ;;
    esac
    [[ $word == --*=* || " ${valued[*]} " != *" $name "* ]] || ((++at))
    [[ $name != --socket ]] || socket=${words[at]#--socket=}
  done

  word=${words[last]}
  if ((at > last)); then
    _reduce_run_value "$name" "$word" "$1" "$socket"
    _reduce_run_fit "$word" "$2"
  elif ((at == last)) && [[ $dashes == no && $word == --*=* ]]; then
    _reduce_run_value "${word%%=*}" "${word#*=}" "$1" "$socket"
    _reduce_run_fit "${word#*=}" "$2"
  elif ((at == last)) && [[ $dashes == no && $word == -* ]]; then
    _reduce_run_reply -W "${flags[*]} ${valued[*]}" -- "$word"
  elif [[ $rest == command ]]; then
    _reduce_run_command "${firsts[at]}" "$word"
  elif [[ $rest == words ]]; then
    _reduce_run_reply_files -f -- "$word"
  elif [[ $rest == programs ]]; then
    _reduce_run_reply -c -- "$word"
  fi
}

complete -F _reduce_run reduce-run
