/* engine/service/service_watch.c: services/ and each services/NAME, where records are replaced by
 * rename. */
#include "engine/service/service_watch.h"

#include <dirent.h>
#include <sys/inotify.h>

#include "engine/state/service_files.h"
#include "vmm/base/fs.h"

void service_watch_add(struct file_watch *watch, const char *workspace_path)
{
    scoped_free char *path = str_printf("%s/" SERVICES_DIR, workspace_path);
    scoped_dir DIR *dir = NULL;
    const struct dirent *e;

    /* Watched before it is read, so that nothing falls between. */
    if (!file_watch_add(watch, path, IN_CREATE | IN_DELETE | IN_ONLYDIR))
        return;
    dir = opendir(path);
    while (dir && (e = readdir(dir))) {
        scoped_free char *service = str_printf("%s/%s", path, e->d_name);
        if (e->d_name[0] != '.')
            file_watch_add(watch, service, IN_MOVED_TO | IN_ONLYDIR);
    }
}

void service_watch_follow(struct file_watch *watch, const char *workspace_path, const char *service)
{
    for (int output = SERVICE_STDOUT; output <= SERVICE_STDERR; output++) {
        scoped_free char *log = str_printf("%s/" SERVICES_DIR "/%s/%s.log", workspace_path, service,
                                           service_output_name((enum service_output)output));
        file_watch_add(watch, log, IN_MODIFY);
    }
}
