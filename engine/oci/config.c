/* engine/oci/config.c: an image's configuration, checked. */
#include "engine/oci/config.h"

#include <stdlib.h>
#include <string.h>

static bool fail_member(const char *name, const char *type, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_CONTENT_REFUSED, "the configuration's %s is not %s", name, type);
}

static const json_t *member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_null(value) ? NULL : value;
}

/* A text without a NUL, and of a length that is good for anything. */
static bool is_word(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) <= OCI_WORD_BYTES_MAX &&
           strlen(json_string_value(value)) == json_string_length(value);
}

/* "" where it is missing. */
static bool load_text(const json_t *object, const char *name, char **ret, struct pyro_error *err)
{
    const json_t *value = member(object, name);

    if (value && !is_word(value))
        return fail_member(name, "a text", err);
    *ret = strdup(value ? json_string_value(value) : "");
    return *ret || pyro_no_memory(err, NULL);
}

static bool load_short(const json_t *object, const char *name, char *ret, size_t size,
                       struct pyro_error *err)
{
    const json_t *value = member(object, name);

    if (value && (!is_word(value) || json_string_length(value) >= size))
        return fail_member(name, "a short text", err);
    snprintf(ret, size, "%s", value ? json_string_value(value) : "");
    return true;
}

/* [] where it is missing. */
static bool load_words(const json_t *object, const char *name, json_t **ret, struct pyro_error *err)
{
    const json_t *value = member(object, name);

    *ret = json_array();
    if (value && (!json_is_array(value) || json_array_size(value) > OCI_WORDS_MAX))
        return fail_member(name, "a list of texts", err);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!is_word(json_array_get(value, i)))
            return fail_member(name, "a list of texts", err);
        else if (json_array_append(*ret, json_array_get(value, i)) != 0)
            return pyro_no_memory(err, NULL);
    return *ret || pyro_no_memory(err, NULL);
}

/* The keys of a set: {"80/tcp": {}, …}. */
static bool load_keys(const json_t *object, const char *name, json_t **ret, struct pyro_error *err)
{
    json_t *value = json_object_get(object, name), *nothing;
    const char *key;

    *ret = json_array();
    if (value && !json_is_null(value) &&
        (!json_is_object(value) || json_object_size(value) > OCI_WORDS_MAX))
        return fail_member(name, "a set of texts", err);
    if (json_is_object(value))
        json_object_foreach (value, key, nothing)
            json_array_append_new(*ret, json_string(key));
    return *ret || pyro_no_memory(err, NULL);
}

static bool load_labels(const json_t *object, json_t **ret, struct pyro_error *err)
{
    json_t *value = json_object_get(object, "Labels"), *text;
    const char *key;

    *ret = json_object();
    if (value && !json_is_null(value) &&
        (!json_is_object(value) || json_object_size(value) > OCI_WORDS_MAX))
        return fail_member("Labels", "a set of texts", err);
    if (json_is_object(value))
        json_object_foreach (value, key, text) {
            if (!is_word(text))
                return fail_member("Labels", "a set of texts", err);
            json_object_set(*ret, key, text);
        }
    return *ret || pyro_no_memory(err, NULL);
}

static bool load_run(const json_t *run, struct oci_config *c, struct pyro_error *err)
{
    if (run && !json_is_object(run))
        return fail_member("config", "an object", err);
    if (!load_words(run, "Env", &c->env, err) ||
        !load_words(run, "Entrypoint", &c->entrypoint, err) ||
        !load_words(run, "Cmd", &c->cmd, err) || !load_keys(run, "ExposedPorts", &c->ports, err) ||
        !load_keys(run, "Volumes", &c->volumes, err) || !load_labels(run, &c->labels, err) ||
        !load_text(run, "User", &c->user, err) ||
        !load_text(run, "WorkingDir", &c->working_dir, err) ||
        !load_text(run, "StopSignal", &c->stop_signal, err))
        return false;
    for (size_t i = 0; i < json_array_size(c->env); i++) {
        const char *variable = json_string_value(json_array_get(c->env, i));
        if (*variable == '=' || !strchr(variable, '='))
            return fail_member("Env", "a list of NAME=value", err);
    }
    if (*c->working_dir && *c->working_dir != '/')
        return fail_member("WorkingDir", "absolute", err);
    return true;
}

static bool load_diff_ids(const json_t *rootfs, struct oci_config *c, struct pyro_error *err)
{
    const json_t *list = json_object_get(rootfs, "diff_ids");
    size_t n = json_array_size(list);

    if (strcmp(json_string_or(rootfs, "type", ""), "layers") != 0 || !json_is_array(list))
        return fail_member("rootfs", "a list of layers", err);
    if (n > OCI_LAYERS_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "the image has %zu layers, more than %d", n,
                         OCI_LAYERS_MAX);
    c->diff_ids = calloc(n + 1, sizeof(*c->diff_ids));
    if (!c->diff_ids)
        return pyro_no_memory(err, NULL);
    for (size_t i = 0; i < n; i++) {
        const char *digest = json_string_value(json_array_get(list, i));
        if (!digest || !oci_digest_is_valid(digest))
            return fail_member("diff_ids", "a list of digests", err);
        memcpy(c->diff_ids[i], digest, strlen(digest) + 1);
    }
    c->diff_id_count = n;
    return true;
}

void oci_config_release(struct oci_config *c)
{
    json_t *const values[] = { c->env, c->entrypoint, c->cmd, c->ports, c->volumes, c->labels };

    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        json_decref(values[i]);
    free(c->diff_ids);
    free(c->user);
    free(c->working_dir);
    free(c->stop_signal);
    free(c->created);
    *c = (struct oci_config){ 0 };
}

bool oci_config_parse(const void *bytes, size_t n, struct oci_config *ret, struct pyro_error *err)
{
    scoped_json json_t *object = NULL;
    struct pyro_error why = { 0 };
    struct oci_platform *p = &ret->platform;

    *ret = (struct oci_config){ 0 };
    object = json_parse(bytes, n, OCI_DOCUMENT_BYTES_MAX, &why);
    if (!json_is_object(object))
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "the configuration is not an object%s%.300s",
                         *why.message ? ": " : "", why.message);
    return load_short(object, "os", p->os, sizeof(p->os), err) &&
           load_short(object, "architecture", p->architecture, sizeof(p->architecture), err) &&
           load_short(object, "variant", p->variant, sizeof(p->variant), err) &&
           load_text(object, "created", &ret->created, err) &&
           load_run(member(object, "config"), ret, err) &&
           load_diff_ids(json_object_get(object, "rootfs"), ret, err);
}

bool oci_config_check(const struct oci_config *c, const struct oci_manifest *manifest,
                      struct pyro_error *err)
{
    return c->diff_id_count == manifest->layer_count ||
           pyro_fail(err, PYRO_CONTENT_REFUSED,
                     "its manifest has %zu layers and its configuration %zu", manifest->layer_count,
                     c->diff_id_count);
}

json_t *oci_config_save(const struct oci_config *c)
{
    return json_pack("{sO sO sO sO sO sO ss ss ss ss ss ss}", "env", c->env, "entrypoint",
                     c->entrypoint, "cmd", c->cmd, "ports", c->ports, "volumes", c->volumes,
                     "labels", c->labels, "user", c->user, "working_dir", c->working_dir,
                     "stop_signal", c->stop_signal, "created", c->created, "os", c->platform.os,
                     "architecture", c->platform.architecture);
}
