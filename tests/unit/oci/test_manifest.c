/* tests/unit/oci/test_manifest.c: digests, indexes and manifests. */
#include <string.h>

#include "engine/oci/manifest.h"
#include "tests/unit/unit.h"
#include "vmm/base/fs.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OCI "application/vnd.oci.image."
#define DOCKER "application/vnd.docker."
#define DESCRIPTOR(type) "{\"mediaType\":\"" type "\",\"digest\":\"sha256:" HEX "\",\"size\":7}"
#define CONFIG DESCRIPTOR(OCI "config.v1+json")
#define LAYER DESCRIPTOR(OCI "layer.v1.tar+gzip")
#define MANIFEST(config, layers)                                                                   \
    "{\"schemaVersion\":2,\"config\":" config ",\"layers\":[" layers "]}"
#define ENTRY(more) "{\"digest\":\"sha256:" HEX "\",\"size\":7," more "}"
#define IMAGE "\"mediaType\":\"" OCI "manifest.v1+json\""
#define PLATFORM(os, cpu) "\"platform\":{\"os\":\"" os "\",\"architecture\":\"" cpu "\"}"
#define INDEX(entries) "{\"schemaVersion\":2,\"manifests\":[" entries "]}"

/* Entries of an index. */
#define ANY ENTRY(IMAGE)
#define AMD64 ENTRY(IMAGE "," PLATFORM("linux", "amd64"))
#define ARM64 ENTRY(IMAGE "," PLATFORM("linux", "arm64"))
#define WINDOWS ENTRY(IMAGE "," PLATFORM("windows", "amd64"))
#define UNKNOWN ENTRY(IMAGE "," PLATFORM("unknown", "unknown"))
#define AMD64_V3                                                                                   \
    ENTRY(IMAGE ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\",\"variant\":\"v3\"}")
#define ATTESTATION                                                                                \
    ENTRY(IMAGE ",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}")
#define ARTIFACT ENTRY(IMAGE ",\"artifactType\":\"application/x\"")
#define NESTED ENTRY("\"mediaType\":\"" DOCKER "distribution.manifest.list.v2+json\"")

static void test_digest_is_valid(void **state UNUSED)
{
    char name[OCI_DIGEST_SIZE];

    assert_true(oci_digest_is_valid("sha256:" HEX));
    assert_true(oci_digest_is_valid("sha512:" HEX HEX));
    static const char *const bad[] = {
        "",
        "sha256:",
        HEX,
        "sha256:" HEX "0",
        "sha512:" HEX,
        "md5:" HEX,
        "sha256:../../../../../../../../../../../../../../../../../etc/passwd00000",
        "sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(oci_digest_is_valid(bad[i]));
    oci_blob_name("sha256:" HEX, name);
    assert_string_equal(name, "sha256-" HEX);
}

static void test_manifest_is_taken(void **state UNUSED)
{
    static const char *const types[] = { NULL, OCI "manifest.v1+json",
                                         DOCKER "distribution.manifest.v2+json; charset=utf-8" };
    static const char text[] =
        MANIFEST(CONFIG, LAYER "," DESCRIPTOR(DOCKER "image.rootfs.diff.tar.gzip") "," DESCRIPTOR(
                             OCI "layer.v1.tar+zstd") "," DESCRIPTOR(OCI "layer.v1.tar"));

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        struct pyro_error err = { 0 };
        scoped_oci_document d;
        assert_true(oci_document_parse(text, strlen(text), types[i], &d, &err));
        assert_int_equal(d.kind, OCI_MANIFEST);
        assert_int_equal(d.manifest.layer_count, 4);
        assert_int_equal(d.manifest.layer_bytes, 28);
        assert_string_equal(d.manifest.config.digest, "sha256:" HEX);
        assert_string_equal(d.manifest.layers[2].media_type, OCI "layer.v1.tar+zstd");
    }
}

/* What must be refused, and a part of the reason. */
static void test_document_is_refused(void **state UNUSED)
{
    static const struct {
        const char *text, *media_type, *why;
    } cases[] = {
        { "", NULL, "not a manifest" },
        { "<html>", NULL, "not a manifest" },
        { "[]", NULL, "schema version 2" },
        { "{\"schemaVersion\":1}", NULL, "schema version 2" },
        { "{\"schemaVersion\":2}", NULL, "neither 'manifests' nor 'layers'" },
        { MANIFEST(CONFIG, ""), NULL, "has no layers" },
        { "{\"schemaVersion\":2,\"config\":" CONFIG "}", NULL, "has no layers" },
        { "{\"schemaVersion\":2,\"manifests\":[],\"layers\":[],\"config\":" CONFIG "}", NULL,
          "two readers" },
        { "{\"schemaVersion\":2,\"manifests\":[],\"config\":" CONFIG "}", NULL, "two readers" },
        { "{\"schemaVersion\":2,\"mediaType\":\"" OCI "index.v1+json\",\"config\":" CONFIG
          ",\"layers\":[" LAYER "]}",
          NULL, "not what its media type" },
        { "{\"schemaVersion\":2,\"mediaType\":\"" OCI "manifest.v1+json\",\"config\":" CONFIG
          ",\"layers\":[" LAYER "]}",
          OCI "index.v1+json", "says itself" },
        { "{\"schemaVersion\":2,\"mediaType\":5,\"config\":" CONFIG ",\"layers\":[" LAYER "]}",
          NULL, "not a text" },
        { MANIFEST(CONFIG, LAYER), OCI "index.v1+json", "not what its media type" },
        { MANIFEST(CONFIG, LAYER), "text/html", "neither a manifest nor an index" },
        { MANIFEST(CONFIG, LAYER), DOCKER "distribution.manifest.v1+prettyjws", "schema 1" },
        { MANIFEST(DESCRIPTOR("application/vnd.oci.empty.v1+json"), LAYER), NULL, "not an image" },
        { MANIFEST("{}", LAYER), NULL, "digest of its configuration" },
        { MANIFEST("7", LAYER), NULL, "not a descriptor" },
        { MANIFEST(CONFIG, DESCRIPTOR("application/octet-stream")), NULL,
          "not a layer of an image" },
        { MANIFEST(CONFIG, DESCRIPTOR(OCI "layer.nondistributable.v1.tar+gzip")), NULL,
          "not a layer of an image" },
        { MANIFEST(CONFIG, "{\"mediaType\":\"" OCI "layer.v1.tar\",\"digest\":\"sha256:" HEX
                           "\",\"size\":7,\"urls\":[\"https://x\"]}"),
          NULL, "from elsewhere" },
        { MANIFEST(CONFIG, "{\"mediaType\":\"" OCI "layer.v1.tar\",\"digest\":\"sha256:" HEX
                           "\",\"size\":-1}"),
          NULL, "the size of layer 1" },
        { MANIFEST(CONFIG, "{\"mediaType\":\"" OCI "layer.v1.tar\",\"digest\":\"sha256:" HEX
                           "\",\"size\":8589934593}"),
          NULL, "the size of layer 1" },
        { MANIFEST(CONFIG, LAYER ",{\"mediaType\":\"" OCI "layer.v1.tar\",\"digest\":\"sha256:" HEX
                                 "\",\"size\":8589934590}"),
          NULL, "its layers are larger" },
        { MANIFEST(CONFIG,
                   "{\"mediaType\":\"" OCI "layer.v1.tar\",\"digest\":\"../x\",\"size\":7}"),
          NULL, "the digest of layer 1" },
        { "{\"schemaVersion\":2,\"manifests\":7}", NULL, "not a list" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err = { 0 };
        scoped_oci_document d;
        assert_false(oci_document_parse(cases[i].text, strlen(cases[i].text), cases[i].media_type,
                                        &d, &err));
        assert_int_equal(err.code, PYRO_CONTENT_REFUSED);
        if (!strstr(err.message, cases[i].why))
            fail_msg("case %zu: %s", i, err.message);
    }
}

static char *repeat(const char *before, const char *text, unsigned n, const char *after)
{
    scoped_buf b = BUF_INIT(1 << 20);

    assert_true(buf_append_str(&b, before));
    for (unsigned i = 0; i < n; i++)
        assert_true(buf_printf(&b, "%s%s", i ? "," : "", text));
    assert_true(buf_append_str(&b, after));
    return buf_take(&b);
}

static void test_document_is_bounded(void **state UNUSED)
{
    for (unsigned more = 0; more < 2; more++) {
        scoped_free char *layers = repeat("{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[",
                                          LAYER, OCI_LAYERS_MAX + more, "]}");
        scoped_free char *entries = repeat("{\"schemaVersion\":2,\"manifests\":[", ENTRY(IMAGE),
                                           OCI_INDEX_ENTRIES_MAX + more, "]}");
        scoped_oci_document manifest, index;
        assert_int_equal(oci_document_parse(layers, strlen(layers), NULL, &manifest, NULL), !more);
        assert_int_equal(oci_document_parse(entries, strlen(entries), NULL, &index, NULL), !more);
    }
}

static void test_index_choose(void **state UNUSED)
{
    static const struct {
        const char *entries;
        int chosen; /* in the index as it was taken; -1: none */
        const char *why;
    } cases[] = {
        { ARM64 "," AMD64, 1, NULL },
        { AMD64 "," AMD64, 0, NULL },
        { AMD64_V3 "," AMD64, 1, NULL },
        { ANY "," AMD64, 1, NULL },
        { WINDOWS "," ANY, 1, NULL },
        /* Attestations and what is unknown are left out, malformed or not. */
        { UNKNOWN "," ATTESTATION "," ARTIFACT ",{\"mediaType\":\"x\"},7," NESTED, 0, NULL },
        { ARM64 "," WINDOWS, -1, "is for linux/amd64, only for linux/arm64, windows/amd64" },
        { "", -1, "is for linux/amd64" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_free char *text = str_printf(INDEX("%s"), cases[i].entries);
        const struct oci_index_entry *e;
        struct pyro_error err = { 0 };
        scoped_oci_document d;
        assert_true(oci_document_parse(text, strlen(text), NULL, &d, &err));
        assert_int_equal(d.kind, OCI_INDEX);
        e = oci_index_choose(&d.index, &oci_platform_host, &err);
        assert_int_equal(e ? e - d.index.entries : -1, cases[i].chosen);
        if (cases[i].why)
            assert_non_null(strstr(err.message, cases[i].why));
    }
}

static void test_platform_check(void **state UNUSED)
{
    static const struct oci_platform other = { .os = "linux", .architecture = "riscv64" };
    struct pyro_error err = { 0 };

    assert_true(oci_platform_check(&oci_platform_host, &oci_platform_host, &err));
    assert_false(oci_platform_check(&other, &oci_platform_host, &err));
    assert_non_null(strstr(err.message, "linux/riscv64, not for linux/amd64"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digest_is_valid),     cmocka_unit_test(test_manifest_is_taken),
        cmocka_unit_test(test_document_is_refused), cmocka_unit_test(test_document_is_bounded),
        cmocka_unit_test(test_index_choose),        cmocka_unit_test(test_platform_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
