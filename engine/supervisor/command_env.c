/* engine/supervisor/command_env.c: variables, from the least to the most particular. */
#include "engine/supervisor/command_env.h"

#include <string.h>

#include "engine/secret/secrets.h"

/* Those of the image, new. One whose name is not that of a variable in a shell is left out. */
static json_t *variables_of_image(const json_t *image)
{
    const json_t *list = json_object_get(image, "env");
    json_t *variables = json_object();

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        size_t n = strcspn(text, "=");
        if (command_variable_is_valid(text, n) && text[n])
            json_object_setn_new(variables, text, n, json_string(text + n + 1));
    }
    return variables;
}

/* Those of {variable: name}, an array, new; NULL: none. */
static json_t *names_of(json_t *secret_env)
{
    json_t *names = json_object_size(secret_env) ? json_array() : NULL, *name;
    const char *variable;

    json_object_foreach (secret_env, variable, name)
        json_array_append(names, name);
    return names;
}

bool command_env_complete(struct supervisor *s, struct command_request *r, struct pyro_error *err)
{
    scoped_json json_t *given = take_ptr(&r->env), *wanted = take_ptr(&r->secret_env);
    scoped_secrets secrets = { .count = 0 };

    json_decref(r->secret_files);
    r->secret_files = r->user ? names_of(wanted) : NULL;
    r->env = variables_of_image(s->record.image);
    json_object_update(r->env, s->record.env);
    if (json_object_size(given))
        json_object_update(r->env, given);
    return !json_object_size(wanted) || (secrets_load(s->dir_fd, &secrets, err) &&
                                         secrets_set_env(&secrets, wanted, r->env, err));
}

json_t *command_env_secrets(const struct command_request *r)
{
    return names_of(r->secret_env);
}
