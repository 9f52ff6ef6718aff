// Made by generate.py from `pyro api --describe`: change nothing here.

export const VERSION = '0.2.0';
export const PROTOCOL = 1;
/** Members whose own members are names that users gave. */
export const MAPS = new Set(['env', 'label', 'labels', 'secret', 'secretFile']);
/** Calls that a command's standard input can be given to. */
export const READS_INPUT = new Set(['run', 'workspace exec']);
