import { showsSecret } from "../../../../../cli/init/translate/clear-text.ts";

test.each([
    [["valkey-server", "--requirepass", "hunter2"]],
    [["mysqladmin", "ping", "-proot"]],
    [["sh", "-c", "PGPASSWORD=hunter2 pg_isready"]],
    [["sh", "-c", "redis-cli -a hunter2 ping"]],
    [["minio", "--secret-key=hunter2"]],
    [["curl", "-u", "elastic:hunter2", "http://localhost:9200"]],
])("%s shows a secret", (words) => {
    expect(
        showsSecret(
            words.map((word) => [word]),
            {},
        ),
    ).toBe(true);
});

test.each([
    [["sh", "-c", 'mysqladmin ping -p"$MYSQL_ROOT_PASSWORD"']],
    [["server", "--tls-key", "/certs/server.key", "--auth=none"]],
    [["redis-server", "--appendonly", "yes"]],
    [["bin/rails", "server", "-p", "3000"]],
])("%s shows no secret", (words) => {
    expect(
        showsSecret(
            words.map((word) => [word]),
            {},
        ),
    ).toBe(false);
});
