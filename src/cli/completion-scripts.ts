/** What each shell needs to ask `netloom __complete`. Nothing of the commands is in them, so they fit every version. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

// Bash breaks words at signs that names may hold (COMP_WORDBREAKS), so the line is split anew, and what stands before a break is taken off.
const BASH = `# bash completion of netloom, made by: netloom completion bash
_netloom() {
  local line=\${COMP_LINE:0:COMP_POINT} word
  local -a typed=() said=()
  IFS=$' \\t\\n' read -ra typed <<<"$line"
  case $line in *[[:space:]]) typed+=('') ;; esac
  local cur=\${typed[\${#typed[@]} - 1]}
  local whole=$cur program=\${typed[0]/#\\~\\//$HOME/}
  case $COMP_WORDBREAKS in *=*) cur=\${cur##*=} ;; esac
  case $COMP_WORDBREAKS in *:*) cur=\${cur##*:} ;; esac
  local before=\${whole%"$cur"}
  mapfile -t said < <("$program" __complete -- "\${typed[@]:1}" 2>/dev/null </dev/null)
  COMPREPLY=()
  case \${said[0]-} in
    :files)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "\${cur#--*=}")
      ;;
    :folders)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "\${cur#--*=}")
      ;;
    :words)
      for word in "\${said[@]:1}"; do
        word=\${word%%$'\\t'*}
        COMPREPLY+=("\${word#"$before"}")
      done
      if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]]; then compopt -o nospace 2>/dev/null; fi
      ;;
  esac
}
complete -F _netloom netloom
`;

const ZSH = `#compdef netloom
# zsh completion of netloom, made by: netloom completion zsh
_netloom() {
  local -a said plain open
  local line word
  said=("\${(@f)$("\${(Q)words[1]}" __complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  case \${said[1]} in
    :files|:folders)
      [[ $PREFIX == --*=* ]] && compset -P '*='
      if [[ \${said[1]} == :files ]]; then _files; else _files -/; fi
      ;;
    :words)
      for line in "\${(@)said[2,-1]}"; do
        word=\${\${line%%$'\\t'*}//:/\\\\:}
        if [[ $word == */ ]]; then open+=("$word")
        elif [[ $line == *$'\\t'* ]]; then plain+=("$word:\${line#*$'\\t'}")
        else plain+=("$word"); fi
      done
      (( $#plain )) && _describe -t netloom netloom plain
      (( $#open )) && _describe -t netloom-tenants 'netloom tenants' open -S ''
      ;;
  esac
}
if [[ "\${funcstack[1]}" == _netloom ]]; then _netloom "$@"; else compdef _netloom netloom; fi
`;

const FISH = `# fish completion of netloom, made by: netloom completion fish
function __netloom_complete
    set -l typed (commandline -opc)
    set -l cur (commandline -ct)
    set -l program $typed[1]
    set -e typed[1]
    set -l said ($program __complete -- $typed "$cur" 2>/dev/null </dev/null)
    set -l kind $said[1]
    set -e said[1]
    set -l before (string match -r -- '^--[^=]+=' "$cur")
    set -l rest (string replace -r -- '^--[^=]+=' '' "$cur")
    switch "$kind"
        case ':files'
            for path in (__fish_complete_path "$rest")
                echo "$before$path"
            end
        case ':folders'
            for path in (__fish_complete_directories "$rest" '')
                echo "$before$path"
            end
        case ':words'
            string join \\n -- $said
    end
end
complete -c netloom -f -a '(__netloom_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
