/* tui/complete.h - what the shell may complete a word to
 *
 * The shell's script (tui/forkscope.bash) asks `forkscope --complete WORD...`
 * with the words typed so far, the one under the cursor last, and gets what could
 * stand there, one a line: the script knows no option, command or lesson. */
#ifndef UI_COMPLETE_H
#define UI_COMPLETE_H

/* words ends with NULL. Returns an exit status. */
int ui_complete(int count, char **words);

#endif
