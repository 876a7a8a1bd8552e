# Completion of reduced for bash.

_reduced() {
  local flags=(-h --help --version --replace --debug)
  local valued=(--socket --idle-exit --drain-timeout --max-callers --max-runs --max-request
    --max-args --max-connections --max-observers --request-timeout --spool-limit --spool-total
    --stall-timeout
    --spool-dir --hook)
  # Bash cuts `--name=begun` in three, if at all.
  local before=$3 begun=$2
  if [[ $begun == --*=* ]]; then
    before=${begun%%=*} begun=${begun#*=}
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ ${COMP_WORDS[COMP_CWORD]} == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 1]}
  fi
  COMPREPLY=()
  case $before in
    --socket | --debug) mapfile -t COMPREPLY < <(compgen -f -- "$begun") ;;
    --spool-dir) mapfile -t COMPREPLY < <(compgen -d -- "$begun") ;;
    --hook) mapfile -t COMPREPLY < <(compgen -c -- "$begun") ;;
  esac
  if ((${#COMPREPLY[@]} > 0)); then
    compopt -o filenames 2>/dev/null
    [[ $2 == "$begun" ]] || COMPREPLY=("${COMPREPLY[@]/#/"${2%"$begun"}"}")
  elif [[ $before == --debug || " ${valued[*]} " != *" $before "* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${flags[*]} ${valued[*]}" -- "$begun")
  fi
}

complete -F _reduced reduced
