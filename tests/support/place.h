/* What a test leaves behind, or does as somebody else: folders that are removed with all that is in them, children. */
#pragma once

#include <sys/types.h>

/* Removes a folder and everything below it; links are removed, not followed. */
void remove_tree(const char *folder);
/* In a child that was forked: goes on as nobody, where it is root; what cannot be done ends it with 99. */
void become_nobody(void);
/* The exit status of a child; 100 where it did not exit. */
int wait_for(pid_t child);
