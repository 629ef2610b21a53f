import { UsageError } from "../../../../cli/exit-codes.ts";
import type { Resource } from "../../../../cli/state.ts";
import { generatedPasswords } from "../../../../cli/update/rotate.ts";

const urn = (type: string, name: string) => `urn:pulumi:prod::shop::${type}::${name}`;
const component = (type: string, name: string): Resource => ({
    type: `drydock:index:${type}`,
    urn: urn(`drydock:index:${type}`, name),
});
const PASSWORD = "random:index/randomPassword:RandomPassword";
const password = (name: string, parent: Resource, more: Partial<Resource> = {}): Resource => ({
    type: PASSWORD,
    urn: urn(`${parent.type}$${PASSWORD}`, name),
    parent: parent.urn,
    ...more,
});

const DB = component("PostgresService", "db");
const SHOP = component("RailsWebApp", "shop");
/** Inside of a component of the user's. */
const GROUP: Resource = { type: "my:index:Group", urn: urn("my:index:Group", "group") };
const CACHE = { ...component("RedisService", "cache"), parent: GROUP.urn };
const STATE = [
    GROUP,
    DB,
    SHOP,
    CACHE,
    component("PostgresService", "given"),
    component("RedisService", "open"),
    component("Service", "search"),
    component("RailsWebApp", "admin"),
    component("Volume", "uploads"),
    password("db-password", DB),
    // A replacement that was interrupted.
    password("db-password", DB, { delete: true }),
    password("db-role-queue-password", DB),
    password("shop-secret-key-base", SHOP),
    password("cache-password", CACHE),
    { type: PASSWORD, urn: urn(PASSWORD, "own") },
];
const named = (...names: string[]) =>
    generatedPasswords(STATE, names, " --stack prod").map((each) => each.split("::").at(-1));

describe("drydock rotate", () => {
    test.each([
        [["db"], ["db-password", "db-role-queue-password"]],
        [["shop"], ["shop-secret-key-base"]],
        [
            ["cache", "shop"],
            ["cache-password", "shop-secret-key-base"],
        ],
    ])("of %j replaces %j", (names, expected) => {
        expect(named(...names)).toEqual(expected);
    });

    test.each([
        ["given", "given has no generated password or key: the program sets `password`"],
        ["open", "the program sets `password` or `passwordless`"],
        ["search", "the program sets `password.value`, or no `password`"],
        ["admin", "the program sets `secretKeyBase` or `masterKey`"],
    ])("refuses %s, and names how to change what the program sets", (name, message) => {
        expect(() => named("db", name)).toThrow(
            expect.objectContaining({
                message: expect.stringContaining(message) as string,
                remedy: expect.stringContaining("`drydock secrets set --stack prod <name>`") as string,
            }) as Error,
        );
    });

    test.each([
        ["uploads", "uploads is a Volume, which has no password or key"],
        ["own", "There is no component own"],
        ["group", "There is no component group"],
    ])("refuses %s, and names the components that have one", (name, message) => {
        expect(() => named(name)).toThrow(new UsageError(message));
        expect(() => named(name)).toThrow(
            expect.objectContaining({ remedy: "Name one of cache, db, shop." }) as Error,
        );
    });

    test("says so if no component has one", () => {
        expect(() => generatedPasswords([], ["db"], "")).toThrow(
            expect.objectContaining({
                remedy: "No component of the stack has a generated password or key.",
            }) as Error,
        );
    });
});
