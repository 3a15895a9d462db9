/*
 * What a reader of a command's page should know beyond its options.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_NOTES_H
#define INQUEST_REPORTER_NOTES_H

/* Prose for the command of that name; NULL: its options say it all. */
const char *manual_notes(const char *command);

#endif
