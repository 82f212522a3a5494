/* The floor of the ingest benchmark: as little as a program can do between broker and database.
 *
 *   floor publish HOST PORT PASSWORD CLIENTS DEVICES COUNT RATE METRIC LOUD   as bench-0 ... bench-N
 *   floor ingest  HOST PORT USER PASSWORD DATABASE                 until SIGTERM
 *   floor watch   DATABASE SECONDS METRIC                          latencies in ms, one per line
 *
 * ingest subscribes with quality of service 1 to a persistent session, COPYs up to 2,000 messages
 * into a temporary table, inserts them with ON CONFLICT DO NOTHING, commits, then acknowledges.
 * It knows its devices, but checks nothing, keeps no latest values and puts nothing aside.
 *
 * A message is one reading of about 120 bytes. Its time is in milliseconds; the microseconds of
 * the moment it was sent at are in the reading's value, which is 2 plus seconds, so that `watch`
 * can tell latencies exactly. Each LOUD-th message (0: none) is 1.3 higher.
 */
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <mosquitto.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 2000
#define TUPLE 57
#define MOST_CLIENTS 64
#define MOST_DEVICES 131072
#define QUIET 2.0
#define LOUDER 1.3

static volatile sig_atomic_t stopping;
static void on_signal(int number) { (void)number; stopping = 1; }

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what, const char *why) {
    fprintf(stderr, "floor: %s: %s\n", what, why);
    exit(1);
}

static void check(int rc, const char *what) {
    if (rc != MOSQ_ERR_SUCCESS) die(what, mosquitto_strerror(rc));
}

static PGconn *database(const char *url) {
    PGconn *conn = PQconnectdb(url);
    if (PQstatus(conn) != CONNECTION_OK) die("database", PQerrorMessage(conn));
    return conn;
}

static PGresult *ask(PGconn *conn, const char *sql, ExecStatusType wanted) {
    PGresult *found = PQexec(conn, sql);
    if (PQresultStatus(found) != wanted) die(sql, PQerrorMessage(conn));
    return found;
}

static void run(PGconn *conn, const char *sql) { PQclear(ask(conn, sql, PGRES_COMMAND_OK)); }

/* --- publish ---------------------------------------------------------------------------- */

static int waiting[MOST_CLIENTS];

static void on_publish(struct mosquitto *m, void *which, int mid) {
    (void)m; (void)mid;
    --*(int *)which;
}

static int connected;

static void on_publisher_connect(struct mosquitto *m, void *which, int rc) {
    (void)m; (void)which;
    if (rc) die("connect", mosquitto_connack_string(rc));
    connected++;
}

static void turn(struct mosquitto **m, int clients, int timeout_ms) {
    struct pollfd p[MOST_CLIENTS];
    for (int c = 0; c < clients; c++)
        p[c] = (struct pollfd){mosquitto_socket(m[c]), POLLIN | (mosquitto_want_write(m[c]) ? POLLOUT : 0), 0};
    if (poll(p, (nfds_t)clients, timeout_ms) < 0) return;
    for (int c = 0; c < clients; c++) {
        if (p[c].revents & (POLLIN | POLLHUP)) check(mosquitto_loop_read(m[c], 1), "read");
        if (p[c].revents & POLLOUT) check(mosquitto_loop_write(m[c], 1), "write");
        mosquitto_loop_misc(m[c]);
    }
}

static uint32_t crc32(const char *text) {
    uint32_t crc = 0xFFFFFFFFu;
    for (; *text; text++) {
        crc ^= (unsigned char)*text;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

static int publish(char **v) {
    int clients = atoi(v[3]), devices = atoi(v[4]);
    long count = atol(v[5]), loud = atol(v[8]);
    double rate = atof(v[6]);
    const char *metric = v[7];
    if (clients < 1 || clients > MOST_CLIENTS || devices < 1 || devices > MOST_DEVICES)
        die("publish", "too many or too few clients or devices");
    struct mosquitto *m[MOST_CLIENTS];
    static char topics[MOST_DEVICES][40];
    static int64_t last_ms[MOST_DEVICES];
    for (int d = 0; d < devices; d++) {
        char id[16];
        snprintf(id, sizeof id, "B-%d", d);
        snprintf(topics[d], sizeof topics[d], "cc/v1/%02x/%s/readings", crc32(id) % 64, id);
    }
    for (int c = 0; c < clients; c++) {
        char user[16];
        snprintf(user, sizeof user, "bench-%d", c);
        m[c] = mosquitto_new(user, true, &waiting[c]);
        mosquitto_username_pw_set(m[c], user, v[2]);
        mosquitto_publish_callback_set(m[c], on_publish);
        mosquitto_connect_callback_set(m[c], on_publisher_connect);
        mosquitto_max_inflight_messages_set(m[c], 0);
        check(mosquitto_connect(m[c], v[0], atoi(v[1]), 60), "connect");
    }
    while (connected < clients && !stopping) turn(m, clients, 10);
    int64_t began = now_us();
    for (long n = 0; n < count && !stopping;) {
        long due = rate > 0 ? (long)((double)(now_us() - began) * rate / 1e6) : count;
        if (due > count) due = count;
        int full = 0;
        while (n < due && full < clients) {
            int c = (int)(n % clients), d = (int)(n % devices);
            if (waiting[c] >= 200) { full = clients; break; }
            int64_t us = now_us(), ts = us / 1000;
            if (ts <= last_ms[d]) ts = last_ms[d] + 1;
            last_ms[d] = ts;
            char payload[200];
            int bytes = snprintf(payload, sizeof payload,
                "{\"ts\":%lld,\"values\":{\"%s\":%.6f},\"seq\":%ld,\"firmware\":\"1.14.2\",\"rssi\":-71,\"battery\":87,\"site\":\"riverside\"}",
                (long long)ts, metric,
                QUIET + (double)(us - ts * 1000) / 1e6 + (loud && n % loud == loud - 1 ? LOUDER : 0), n);
            waiting[c]++;
            check(mosquitto_publish(m[c], NULL, topics[d], bytes, payload, 1, false), "publish");
            n++;
        }
        turn(m, clients, n < due ? 5 : 1);
    }
    double took = (double)(now_us() - began) / 1e6;
    for (int64_t until = now_us() + 3000000; now_us() < until;) {
        int left = 0;
        for (int c = 0; c < clients; c++) left += waiting[c];
        if (!left || stopping) break;
        turn(m, clients, 5);
    }
    printf("%.3f\n", took);
    for (int c = 0; c < clients; c++) mosquitto_disconnect(m[c]);
    return 0;
}

/* --- ingest ----------------------------------------------------------------------------- */

static char rows[19 + BATCH * TUPLE + 2];
static int size, taken;
static int32_t device_no[MOST_DEVICES];
static int16_t metric_no;

static void put(const void *bytes, int many) { memcpy(rows + size, bytes, (size_t)many); size += many; }
static void put16(int16_t v) { uint16_t be = htons((uint16_t)v); put(&be, 2); }
static void put32(int32_t v) { uint32_t be = htonl((uint32_t)v); put(&be, 4); }
static void put64(int64_t v) { put32((int32_t)(v >> 32)); put32((int32_t)(v & 0xFFFFFFFF)); }

static void on_message(struct mosquitto *m, void *u, const struct mosquitto_message *one) {
    (void)m; (void)u;
    char text[256];
    int bytes = one->payloadlen < 255 ? one->payloadlen : 255;
    memcpy(text, one->payload, (size_t)bytes);
    text[bytes] = 0;
    const char *id = strstr(one->topic, "/B-"), *ts = strstr(text, "\"ts\":"), *value = strstr(text, "\"values\":{\"");
    if (value) value = strstr(value + 11, "\":");
    if (!id || !ts || !value) return;
    int device = atoi(id + 3);
    double number = strtod(value + 2, NULL);
    uint64_t raw;
    memcpy(&raw, &number, 8);
    put16(6);
    put32(4); put32(device >= 0 && device < MOST_DEVICES ? device_no[device] : 0);
    put32(2); put16(metric_no);
    put32(8); put64(strtoll(ts + 5, NULL, 10) * 1000 - 946684800000000LL);
    put32(8); put64((int64_t)raw);
    put32(1); put("N", 1);
    put32(8); put64(now_us() - 946684800000000LL);
    taken++;
}

static void on_connect(struct mosquitto *m, void *u, int rc) {
    (void)u;
    if (rc) die("connect", mosquitto_connack_string(rc));
    check(mosquitto_subscribe(m, NULL, "cc/v1/+/+/readings", 1), "subscribe");
}

static void begin_rows(void) {
    size = taken = 0;
    put("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
}

static void store(PGconn *conn) {
    put16(-1);
    run(conn, "BEGIN");
    PQclear(ask(conn, "COPY incoming FROM STDIN (FORMAT binary)", PGRES_COPY_IN));
    if (PQputCopyData(conn, rows, size) != 1 || PQputCopyEnd(conn, NULL) != 1) die("COPY", PQerrorMessage(conn));
    for (PGresult *r; (r = PQgetResult(conn)); PQclear(r))
        if (PQresultStatus(r) != PGRES_COMMAND_OK) die("COPY", PQerrorMessage(conn));
    run(conn, "INSERT INTO iot.readings (device_no, metric_no, ts, value, flag, received_at)"
              " SELECT * FROM incoming ON CONFLICT DO NOTHING");
    run(conn, "COMMIT");
    begin_rows();
}

static void know_devices(PGconn *conn) {
    PGresult *found = ask(conn, "SELECT substr(device_id, 3), device_no FROM iot.devices WHERE device_id ~ '^B-[0-9]+$'", PGRES_TUPLES_OK);
    for (int n = 0; n < PQntuples(found); n++) {
        int device = atoi(PQgetvalue(found, n, 0));
        if (device < MOST_DEVICES) device_no[device] = atoi(PQgetvalue(found, n, 1));
    }
    PQclear(found);
    found = ask(conn, "SELECT metric_no FROM iot.metrics WHERE name = 'voltage'", PGRES_TUPLES_OK);
    metric_no = (int16_t)atoi(PQgetvalue(found, 0, 0));
    PQclear(found);
}

static int ingest(char **v) {
    PGconn *conn = database(v[4]);
    know_devices(conn);
    run(conn, "CREATE TEMPORARY TABLE incoming (device_no integer, metric_no smallint, ts timestamptz,"
              " value double precision, flag \"char\", received_at timestamptz) ON COMMIT DELETE ROWS");
    begin_rows();
    struct mosquitto *m = mosquitto_new(v[2], false, NULL);
    mosquitto_username_pw_set(m, v[2], v[3]);
    mosquitto_connect_callback_set(m, on_connect);
    mosquitto_message_callback_set(m, on_message);
    /* "threaded": an acknowledgement is queued, and written by mosquitto_loop_write below */
    mosquitto_threaded_set(m, true);
    check(mosquitto_connect(m, v[0], atoi(v[1]), 60), "connect");
    while (!stopping) {
        struct pollfd p = {mosquitto_socket(m), POLLIN, 0};
        if (mosquitto_want_write(m)) check(mosquitto_loop_write(m, 1), "write");
        if (poll(&p, 1, 100) > 0)
            for (int before = -1; before != taken && taken < BATCH;) {
                before = taken;
                check(mosquitto_loop_read(m, 1), "read");
            }
        if (taken) store(conn);
        while (mosquitto_want_write(m)) check(mosquitto_loop_write(m, 1), "write");
        mosquitto_loop_misc(m);
    }
    mosquitto_disconnect(m);
    mosquitto_loop_write(m, 1);
    PQfinish(conn);
    return 0;
}

/* --- watch ------------------------------------------------------------------------------ */

static int watch(char **v) {
    PGconn *conn = database(v[0]);
    const char *metric = v[2];
    int64_t until = now_us() + (int64_t)(atof(v[1]) * 1e6);
    int64_t seen[5];
    for (int d = 0; d < 5; d++) seen[d] = now_us() / 1000;
    PQclear(PQprepare(conn, "look", "SELECT (extract(epoch FROM ts) * 1000)::bigint, value FROM iot.readings"
        " WHERE device_no = (SELECT device_no FROM iot.devices WHERE device_id = $1)"
        " AND metric_no = (SELECT metric_no FROM iot.metrics WHERE name = $3)"
        " AND ts > timestamptz 'epoch' + $2::bigint * interval '1 millisecond'"
        " AND ts < now() + interval '1 minute' ORDER BY ts", 0, NULL));
    while (now_us() < until && !stopping) {
        for (int d = 0; d < 5; d++) {
            char id[16], since[32];
            snprintf(id, sizeof id, "B-%d", d * 7);
            snprintf(since, sizeof since, "%lld", (long long)seen[d]);
            const char *with[3] = {id, since, metric};
            PGresult *found = PQexecPrepared(conn, "look", 3, with, NULL, NULL, 0);
            if (PQresultStatus(found) != PGRES_TUPLES_OK) die("watch", PQerrorMessage(conn));
            int64_t now = now_us();
            for (int n = 0; n < PQntuples(found); n++) {
                int64_t ts = atoll(PQgetvalue(found, n, 0));
                double after = atof(PQgetvalue(found, n, 1)) - QUIET;
                if (after > LOUDER / 2) after -= LOUDER;
                printf("%.3f\n", (double)(now - ts * 1000) / 1000.0 - after * 1000);
                if (ts > seen[d]) seen[d] = ts;
            }
            PQclear(found);
        }
        poll(NULL, 0, 1);
    }
    PQfinish(conn);
    return 0;
}

int main(int argc, char **argv) {
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    mosquitto_lib_init();
    if (argc == 11 && !strcmp(argv[1], "publish")) return publish(argv + 2);
    if (argc == 7 && !strcmp(argv[1], "ingest")) return ingest(argv + 2);
    if (argc == 5 && !strcmp(argv[1], "watch")) return watch(argv + 2);
    fprintf(stderr, "floor: publish, ingest or watch; see the head of floor.c\n");
    return 2;
}
