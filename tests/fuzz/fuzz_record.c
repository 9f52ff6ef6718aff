/*
 * Records as a damaged disk or another version may leave them: a workspace's, its timeline, a
 * shell's, its events and its times. Whatever they hold, they are refused or loaded; what was loaded
 * can be shown, saved and loaded again. A recording covers its log once, in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/shell/recording.h"
#include "engine/state/record.h"
#include "engine/state/shell_notes.h"
#include "engine/state/timeline.h"
#include "vmm/base/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static char path[] = "/dev/shm/pyro-fuzz-record-XXXXXX";

static void remove_directory(void)
{
    fs_discard_tree(AT_FDCWD, path);
}

static int directory(void)
{
    static int fd = -1;

    if (fd < 0) {
        BUG_ON(!mkdtemp(path) || atexit(remove_directory) != 0 || setenv("PYRO_HOME", path, 1));
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        BUG_ON(fd < 0 || mkdirat(fd, SHELLS_DIR, 0700) != 0 ||
               mkdirat(fd, TIMELINE_DIR, 0700) != 0);
    }
    return fd;
}

static void put(int dir, const char *name, const uint8_t *bytes, size_t n)
{
    BUG_ON(!fs_replace(dir, name, bytes, n, 0600, NULL));
}

/* What is read in brief is what is read as a whole. */
static void try_brief(int dir, const struct workspace_record *whole)
{
    scoped_close int store = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct workspace_record r;

    BUG_ON(symlinkat(".", dir, "aaaaaaaaaaaa") != 0 && errno != EEXIST);
    if (!record_load_brief(store, "aaaaaaaaaaaa", &r))
        return;
    if (!whole->broken) {
        scoped_json json_t *a = record_to_list_view(&r), *b = record_to_list_view(whole);
        BUG_ON(!json_equal(a, b));
    }
    record_release(&r);
}

static void try_workspace(int dir)
{
    struct workspace_record r, again;

    if (record_load_disk(dir, "aaaaaaaaaaaa", &r, NULL))
        record_release(&r);
    record_load_any(dir, "aaaaaaaaaaaa", &r);
    json_decref(record_to_view(&r));
    try_brief(dir, &r);
    if (!r.broken) {
        BUG_ON(!record_save(dir, &r, false, NULL));
        BUG_ON(!record_load(dir, "aaaaaaaaaaaa", &again, NULL));
        record_release(&again);
    }
    record_release(&r);
}

static void count_event(void *arg, const struct shell_event *e)
{
    *(uint64_t *)arg += e->offset != UINT64_MAX;
}

static void try_shell(int dir, size_t n)
{
    struct shell_record r;
    uint64_t events = 0;
    struct shell_notes notes;

    if (shell_record_load(dir, "sh1", &r, NULL)) {
        json_decref(shell_record_to_view(&r, "aaaaaaaaaaaa"));
        BUG_ON(!shell_record_save(dir, &r, NULL));
        shell_record_release(&r);
        BUG_ON(!shell_record_load(dir, "sh1", &r, NULL));
        shell_record_release(&r);
    }
    BUG_ON(!shell_events_between(dir, "sh1", SHELL_EVENTS_ALL, count_event, &events, NULL));
    if (shell_notes_load(dir, "sh1", n / 2, n, &notes, NULL)) {
        BUG_ON(notes.cols < 1 || notes.rows < 1);
        shell_notes_release(&notes);
    }
}

static void try_recording(int dir, size_t n)
{
    struct shell_record r = { .id = "sh1", .cwd = path, .cols = 80, .rows = 24, .first = n / 3 };
    struct recording recording;
    struct recording_walk walk;
    struct recording_step step;
    uint64_t at = r.first;
    int64_t ms = 0;

    BUG_ON(!shell_record_save(dir, &r, NULL));
    if (!recording_open(dir, "sh1", &recording, NULL))
        return;
    recording_walk_init(&walk, &recording);
    while (recording_walk_next(&walk, &step)) {
        BUG_ON(step.ms < ms);
        ms = step.ms;
        if (step.kind != STEP_OUTPUT)
            continue;
        BUG_ON(step.from != at || step.to <= at || step.to - at > RECORDING_STEP_MAX);
        BUG_ON(recording_ms_at(&recording, at) != step.ms);
        at = step.to;
    }
    BUG_ON(at != recording.end || recording_offset_at(&recording, ms) != recording.end);
    BUG_ON(recording_playing_ms(&recording) > recording_length_ms(&recording));
    recording_release(&recording);
}

static json_t *read_timeline(int dir)
{
    json_t *entries = timeline_read(dir, 0, 0, NULL);
    int64_t last = 0;
    const json_t *entry;
    size_t i;

    BUG_ON(!entries);
    json_array_foreach (entries, i, entry) {
        BUG_ON(timeline_number(entry) <= last || timeline_event_of(entry) >= TIMELINE_EVENTS);
        last = timeline_number(entry);
        json_decref(timeline_view(entry));
    }
    return entries;
}

/* What is added is the newest, whatever was there. */
static void try_timeline(int dir)
{
    scoped_json json_t *before = read_timeline(dir), *after = NULL;

    timeline_settle(before);
    timeline_add(dir, TIMELINE_ENTRY(TIMELINE_FILES, .text = "added"));
    after = read_timeline(dir);
    BUG_ON(!json_array_size(after));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    int dir = directory();

    unlinkat(dir, RECORD_COPY, 0);
    put(dir, RECORD_FILE, bytes, n);
    put(dir, SHELLS_DIR "/sh1.json", bytes, n);
    put(dir, SHELLS_DIR "/sh1.events", bytes, n);
    put(dir, SHELLS_DIR "/sh1.states", bytes, n);
    put(dir, SHELLS_DIR "/sh1.log", bytes, n);
    put(dir, SHELLS_DIR "/sh1.times", bytes, n);
    put(dir, TIMELINE_DIR "/entries", bytes, n);
    put(dir, TIMELINE_DIR "/guest", bytes, n);
    try_workspace(dir);
    try_shell(dir, n);
    try_recording(dir, n);
    try_timeline(dir);
    return 0;
}
