# bash completion for venvfix; written by tests/tools/option_docs.py
_venvfix()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} words
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "check move recreate fix freeze pack explain --help --version" -- "$word"))
        return
    fi
    case $verb:$before in
    check:--fail-on) COMPREPLY=($(compgen -W "error warning info never" -- "$word")); return ;;
    check:--format|move:--format|recreate:--format|fix:--format) COMPREPLY=($(compgen -W "text json" -- "$word")); return ;;
    check:--color|move:--color|recreate:--color|fix:--color|freeze:--color|pack:--color|explain:--color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    move:--link|recreate:--link) COMPREPLY=($(compgen -W "auto reflink copy" -- "$word")); return ;;
    recreate:--prove) COMPREPLY=($(compgen -W "imports" -- "$word")); return ;;
    freeze:--format) COMPREPLY=($(compgen -W "requirements pylock json" -- "$word")); return ;;
    pack:--format) COMPREPLY=($(compgen -W "tar.zst tar.gz tar.xz tar zip text json" -- "$word")); return ;;
    esac
    case $verb in
    check) words="--at --from --hashes --python --platform --glibc --fail-on --format --jobs --color --quiet --verbose --help" ;;
    move) words="--link --bundle --from --dry-run --leave --format --jobs --color --quiet --verbose --help" ;;
    recreate) words="--python --find-links --index-url --extra-index-url --offline --require-hashes --build --reinstall --compile --copies --prompt --prove --sha256 --allow-outside --link --bundle --from --dry-run --leave --format --jobs --color --quiet --verbose --help" ;;
    fix) words="--from --dry-run --leave --format --jobs --color --quiet --verbose --help" ;;
    freeze) words="--all --exclude --format --hashes --find-links --jobs --color --quiet --verbose --help" ;;
    pack) words="--output --format --python --platform --find-links --exclude --allow-modified --pycache --from --jobs --color --quiet --verbose --help" ;;
    explain) words="--jobs --color --quiet --verbose --help" ;;
    *) return ;;
    esac
    case $word in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) if [ "$verb" = explain ]; then
           COMPREPLY=($(compgen -W "$(venvfix explain 2>/dev/null | grep -o 'VF[0-9]*')" -- "$word"))
       else
           COMPREPLY=($(compgen -f -- "$word"))
       fi ;;
    esac
}
complete -o filenames -F _venvfix venvfix
