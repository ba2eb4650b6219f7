# bash completion for venvfix; made by `venvfix completion bash`
_venvfix()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local verb=${COMP_WORDS[1]} words
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "check move recreate fix upgrade freeze pack explain config completion --help --version" -- "$word"))
        return
    fi
    case $verb:$before in
    check:--fail-on) COMPREPLY=($(compgen -W "warning error info never" -- "$word")); return ;;
    check:--min-level) COMPREPLY=($(compgen -W "info warning error" -- "$word")); return ;;
    check:--format) COMPREPLY=($(compgen -W "text json jsonl sarif junit github gitlab markdown html" -- "$word")); return ;;
    check:--color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    move:--link) COMPREPLY=($(compgen -W "auto reflink copy" -- "$word")); return ;;
    move:--format) COMPREPLY=($(compgen -W "text json" -- "$word")); return ;;
    move:--color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    recreate:--prove) COMPREPLY=($(compgen -W "imports" -- "$word")); return ;;
    recreate:--link) COMPREPLY=($(compgen -W "auto reflink copy" -- "$word")); return ;;
    recreate:--format) COMPREPLY=($(compgen -W "text json" -- "$word")); return ;;
    recreate:--color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    fix:--format) COMPREPLY=($(compgen -W "text json" -- "$word")); return ;;
    fix:--color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    upgrade:--prove) COMPREPLY=($(compgen -W "imports" -- "$word")); return ;;
    upgrade:--link) COMPREPLY=($(compgen -W "auto reflink copy" -- "$word")); return ;;
    upgrade:--format) COMPREPLY=($(compgen -W "text json" -- "$word")); return ;;
    upgrade:--color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    freeze:--format) COMPREPLY=($(compgen -W "requirements pylock json" -- "$word")); return ;;
    freeze:--color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    pack:--archive-format) COMPREPLY=($(compgen -W "by-name tar.zst tar.gz tar.xz tar zip" -- "$word")); return ;;
    pack:--format) COMPREPLY=($(compgen -W "text json" -- "$word")); return ;;
    pack:--color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    explain:--color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    config:--color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    completion:--color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    esac
    case $verb in
    check) words="--here --at --root --recursive --from --hashes --frozen --project --forbid --python --platform --glibc --user --fail-on --exit-zero --select --ignore --level --min-level --baseline --write-baseline --diff --anchor --format --jobs --color --quiet --verbose --config --isolated --help" ;;
    move) words="--link --bundle --from --map --dry-run --leave --format --jobs --color --quiet --verbose --config --isolated --help" ;;
    recreate) words="--python --find-links --index-url --extra-index-url --offline --require-hashes --build --reinstall --compile --copies --prompt --prove --sha256 --allow-outside --replace --keep --link --bundle --from --map --dry-run --leave --format --jobs --color --quiet --verbose --config --isolated --help" ;;
    fix) words="--python --undo --no-undo --at --compile --from --map --dry-run --leave --format --jobs --color --quiet --verbose --config --isolated --help" ;;
    upgrade) words="--python --find-links --index-url --extra-index-url --offline --require-hashes --build --reinstall --compile --copies --prompt --prove --sha256 --allow-outside --replace --keep --link --bundle --from --map --dry-run --leave --format --jobs --color --quiet --verbose --config --isolated --help" ;;
    freeze) words="--all --exclude --format --hashes --find-links --jobs --color --quiet --verbose --config --isolated --help" ;;
    pack) words="--output --archive-format --format --python --platform --find-links --exclude --allow-modified --pycache --from --jobs --color --quiet --verbose --config --isolated --help" ;;
    explain) words="--jobs --color --quiet --verbose --config --isolated --help" ;;
    config) words="--jobs --color --quiet --verbose --config --isolated --help" ;;
    completion) words="--jobs --color --quiet --verbose --config --isolated --help" ;;
    *) return ;;
    esac
    case $word in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) case $verb in
       explain) words=$(venvfix explain 2>/dev/null | grep -o '^VF[0-9]*')
                COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
       completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")) ;;
       *) COMPREPLY=($(compgen -f -- "$word")) ;;
       esac ;;
    esac
}
complete -o filenames -F _venvfix venvfix
