/* tui/paths.h - where lessons, their programs and our caches are
 *
 * The build hands paths.c these macros (all absolute, as strings):
 *
 *   PKGDATADIR        $(pkgdatadir): installed texts are in PKGDATADIR/lessons/NN-slug
 *   PKGLIBEXECDIR     $(pkglibexecdir): their programs are PKGLIBEXECDIR/lessons/SLUG
 *   ABS_TOP_SRCDIR    $(abs_top_srcdir): texts in ABS_TOP_SRCDIR/lessons/NN-slug
 *   ABS_TOP_BUILDDIR  $(abs_top_builddir): programs in ABS_TOP_BUILDDIR/lessons,
 *                     as NN-slug/SLUG, NN-slug/slug_with_underscores, or SLUG
 *   BUILD_INCLUDEDIR  a folder that holds forkscope/mp.h in the build tree
 *   BUILD_LIBDIR      the folder of libforkscope.so there (".libs")
 *
 * The last four are used only while the program itself lies in the build tree
 * (/proc/self/exe begins with ABS_TOP_BUILDDIR), so that an uninstalled
 * forkscope runs the uninstalled lessons. FORKSCOPE_LESSONS goes before all.
 * LOCALEDIR, $(localedir), is where translations are installed; in the build tree
 * they are in ABS_TOP_BUILDDIR/locale. */
#ifndef UI_PATHS_H
#define UI_PATHS_H

#include <stdbool.h>
#include <stddef.h>

bool ui_in_build_tree(void);
const char *ui_build_includedir(void);
const char *ui_build_libdir(void);

/* Where the translations are. */
const char *ui_locale_folder(void);

/* The folder with the folders of the lessons. */
const char *ui_lessons_folder(void);

/* ui_lesson_program - the program of a lesson that came with us, for free(3)
 * folder   "10-daemon"; slug: "daemon"
 * Returns  NULL if there is none (a teacher's own lesson) */
char *ui_lesson_program(const char *folder, const char *slug);

/* ui_cache_folder - a folder for compiled lessons, made if missing; for free(3)
 * NULL with errno if that is impossible. */
char *ui_cache_folder(void);

/* The folder with the files that `forkscope new` copies, for free(3). */
char *ui_template_folder(void);

/* The last part of a path, without slashes at its end; for free(3). */
char *ui_base_name(const char *path);

#endif
