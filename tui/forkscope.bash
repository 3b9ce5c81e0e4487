# Completion for bash. The program itself knows what can stand where; files are
# what is left when it has no answer.
_forkscope()
{
	local IFS=$'\n' words
	words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	mapfile -t COMPREPLY < <(forkscope --complete "${words[@]}" 2>/dev/null)
	[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
	return 0
}
complete -o default -F _forkscope forkscope
