/* tui/language.h - the language of the program's own sentences */
#ifndef UI_LANGUAGE_H
#define UI_LANGUAGE_H

/* ui_language_use - speak "en" or "zh" from now on, whatever the locale says */
void ui_language_use(const char *language);

/* The same only if it is not the one of the locale: a user who asked for nothing
 * keeps the order of languages in LANGUAGE. */
void ui_language_prefer(const char *language);

#endif
