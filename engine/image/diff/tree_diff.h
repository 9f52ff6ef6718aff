/*
 * The changes below a directory between two views of one disk: added, modified and deleted files,
 * links and empty directories, with a patch for text.
 *
 * Only entries with another inode, or one whose bytes differ, are looked at; of the rest only the
 * directories are read. Both views are the guest's: damage is an error, and a directory in two
 * places is damage.
 */
#ifndef PYRO_IMAGE_TREE_DIFF_H
#define PYRO_IMAGE_TREE_DIFF_H

#include "engine/image/view/view.h"
#include "vmm/base/json.h"

#define TREE_DIFF_ENTRIES_MAX 250000
#define TREE_DIFF_TEXT_MAX (8 * 1024 * 1024)   /* of one file, to be text */
#define TREE_DIFF_PATCH_MAX (64 * 1024 * 1024) /* of all; later ones are reported without text */

#define TREE_DIFF_LEFT_OUT_MAX 1000

/*
 * {entries: [{path, status, artifact_type, text_patch, old_mode, new_mode}], left_out: [path],
 * left_out_count}, new, in the order of a walk. path is relative to the root; text_patch is null
 * for anything but text, and for anything in a ".git"; modes are octal with the type, null on the
 * side that has none. left_out: paths beyond FILE_PATH_MAX or too deep, which were not compared,
 * nor anything below them; the first TREE_DIFF_LEFT_OUT_MAX. NULL with err set. text_diff_load()
 * must have been called. names_only: no text is read, every text_patch is null.
 */
json_t *tree_diff(struct view *then, struct view *now, const char *root, bool names_only,
                  struct pyro_error *err) MUST_CHECK;

#endif
