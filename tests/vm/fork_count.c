/* tests/vm/fork_count.c: counts into an sqlite database in WAL mode, one commit a step, with the sum in
 * memory alone; or, with "check", says whether all of it is there. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int check(sqlite3 *db)
{
    sqlite3_stmt *s;
    long long n = 0, sum = 0;
    int bad = 0;

    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL);
    if (sqlite3_step(s) != SQLITE_ROW || strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0)
        bad = 1;
    sqlite3_finalize(s);
    sqlite3_prepare_v2(db, "SELECT n, sum FROM steps ORDER BY n", -1, &s, NULL);
    while (sqlite3_step(s) == SQLITE_ROW) {
        sum += ++n;
        if (sqlite3_column_int64(s, 0) != n || sqlite3_column_int64(s, 1) != sum)
            bad = 1;
    }
    sqlite3_finalize(s);
    printf("%s %lld\n", bad ? "damaged" : "whole", n);
    return bad;
}

int main(int argc, char **argv)
{
    long long sum = 0;
    sqlite3 *db;

    if (sqlite3_open("steps.db", &db) != SQLITE_OK)
        return 1;
    sqlite3_busy_timeout(db, 60000);
    if (argc > 1 && !strcmp(argv[1], "check"))
        return check(db);
    sqlite3_exec(db, "PRAGMA journal_mode=WAL; CREATE TABLE steps (n INTEGER, sum INTEGER)", NULL,
                 NULL, NULL);
    for (long long n = 1;; n++) {
        char text[128];
        sum += n;
        snprintf(text, sizeof(text), "INSERT INTO steps VALUES (%lld, %lld)", n, sum);
        if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
            return 1;
        if (n % 10 == 0)
            printf("STEP %lld\n", n), fflush(stdout);
        usleep(20000);
    }
}
