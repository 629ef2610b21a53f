import { databasesIn, unusedDatabases } from "../../../../cli/update/unused-databases.ts";

test("databases that the update no longer uses are named, and how to delete them", () => {
    const postgres = (name: string, databases: Record<string, string>) => ({
        type: "drydock:index:PostgresService",
        urn: `urn:pulumi:dev::shop::drydock:index:PostgresService::${name}`,
        inputs: { databases },
    });
    const before = databasesIn([
        postgres("db", { queue: "shop_queue", old: "shop_old" }),
        postgres("gone", { queue: "gone_queue" }),
    ]);
    const after = [postgres("db", { jobs: "shop_queue", cache: "shop_cache" })];
    expect(unusedDatabases(before, after, " --stack prod")).toEqual([
        "The database shop_old of db is no longer used. It stays on the server with its data. " +
            "To delete it: `drydock psql --stack prod --component db -c 'DROP DATABASE \"shop_old\"'`",
    ]);
});
