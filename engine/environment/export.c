/* engine/environment/export.c: a layout, into a file of the user's. */
#include "engine/environment/export.h"

#include "engine/environment/layout.h"
#include "engine/helper/host_file.h"
#include "vmm/base/file_name.h"

json_t *environment_export(const char *name, const char *output, const struct progress *progress,
                           struct pyro_error *err)
{
    scoped_host_file struct host_file file = HOST_FILE_INIT;
    struct environment e = { 0 };
    json_t *result = NULL;

    if (!environment_open(name, &e, err))
        return NULL;
    if (host_file_open(&file, output, 0644, err))
        result = environment_layout(&e, NULL, file.fd, progress, err);
    if (result && !host_file_install(&file, err)) {
        json_decref(result);
        result = NULL;
    }
    if (result) {
        json_object_del(result, "blobs");
        json_object_del(result, "layer_count");
        json_object_set_new(result, "name", json_string(e.name));
        json_object_set_new(result, "output_path", name_to_json("", output));
    }
    environment_release(&e);
    return result;
}
