dnl SPDX-License-Identifier: GPL-3.0-or-later
dnl The project's own configure macros: compiler flags tried one by one, libraries needed and wanted.

dnl HR_TRY_CFLAG(VARIABLE, FLAG): append FLAG to VARIABLE where the compiler takes it without complaint.
AC_DEFUN([HR_TRY_CFLAG], [
    AC_MSG_CHECKING([whether $CC accepts $2])
    hr_saved_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $2"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes]); $1="${$1:+$$1 }$2"], [AC_MSG_RESULT([no])])
    CFLAGS=$hr_saved_CFLAGS
])

dnl HR_TRY_LINK_FLAGS(FLAGS, IF-YES, IF-NO): can a program be compiled and linked with FLAGS?
AC_DEFUN([HR_TRY_LINK_FLAGS], [
    AC_MSG_CHECKING([whether $CC links with $1])
    hr_saved_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS $1"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()], [hr_ok=yes], [hr_ok=no])
    CFLAGS=$hr_saved_CFLAGS
    AC_MSG_RESULT([$hr_ok])
    AS_IF([test $hr_ok = yes], [$2], [$3])
])

dnl HR_NEED(PREFIX, MODULE, NAME, PACKAGES): a library without which nothing works. All that are absent are
dnl gathered, so that HR_REPORT_MISSING can name them at once.
AC_DEFUN([HR_NEED], [
    PKG_CHECK_MODULES([$1], [$2], [], [hr_missing="$hr_missing
  $3
    $4"])
])
AC_DEFUN([HR_REPORT_MISSING], [
    AS_IF([test -n "$hr_missing"], [AC_MSG_ERROR([what heapreel needs is missing (development packages):
$hr_missing

./bootstrap installs what is missing.])])
])

dnl HR_WANT(NAME, MODULE, OPTION, GIVES): a library that heapreel can do without. --without-OPTION leaves it out;
dnl --with-OPTION insists. Sets have_<option> to a word for people, HAVE_NAME in config.h, NAME_CFLAGS and NAME_LIBS.
AC_DEFUN([HR_WANT], [
    AC_ARG_WITH([$3], [AS_HELP_STRING([--without-$3], [do without $3 ($4)])], [], [with_$3=auto])
    have_$3="no, left out; it would give $4"
    AS_IF([test "$with_$3" != no], [
        PKG_CHECK_MODULES([$1], [$2], [have_$3=yes; AC_DEFINE([HAVE_$1], [1], [Is $3 here? It gives $4.])], [
            AS_IF([test "$with_$3" = yes], [AC_MSG_ERROR([$3 was asked for and is missing])])
            have_$3="no, missing; it would give $4"
            AC_MSG_WARN([$3 is missing; it would give $4])
        ])
    ])
])
