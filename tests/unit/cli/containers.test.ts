import {
    chooseProcess,
    knownNames,
    replicasOf,
    selectProcesses,
    withEnvironment,
} from "../../../cli/containers.ts";
import { DATABASE } from "../../../cli/databases.ts";
import type { PlacedContainer } from "../../../cli/stack-inventory.ts";
import { APPLICATION } from "../../../cli/exec.ts";

const process = (component: string, name: string, type: string, image = "") => ({
    component,
    process: name,
    resource: ["web", "server"].includes(name) ? component : `${component}-${name}`,
    type,
    image,
});

const PROCESSES = [
    process("db", "server", "PostgresService", "postgres:17"),
    process("cache", "server", "RedisService", "redis:8"),
    process("shop", "worker", "RailsWebApp"),
    process("shop", "web", "RailsWebApp"),
];

const STACK = { name: "dev", option: " --stack dev" };

describe("a name", () => {
    test.each([
        [[], ["db", "cache", "shop-worker", "shop"]],
        [["shop"], ["shop-worker", "shop"]],
        [["shop/worker"], ["shop-worker"]],
        [
            ["shop-worker", "db"],
            ["db", "shop-worker"],
        ],
        [["shop/web"], ["shop"]],
    ])("%j selects %j", (names, selected) => {
        expect(selectProcesses(PROCESSES, names, STACK).map(({ resource }) => resource)).toEqual(selected);
    });

    test("of a process selects its replicas, and a program runs in the first one", () => {
        const replica = { ...process("shop", "web-2", "RailsWebApp"), resource: "shop-2", replicaOf: "web" };
        const all = [replica, ...PROCESSES];
        const selected = (name: string) =>
            selectProcesses(all, [name], STACK).map(({ resource }) => resource);
        expect(selected("shop/web")).toEqual(["shop-2", "shop"]);
        expect(selected("shop/web-2")).toEqual(["shop-2"]);
        for (const name of ["shop", "shop/web"])
            expect(chooseProcess(all, name, APPLICATION, STACK).resource).toBe("shop");
        const chosen = chooseProcess(all, "shop", APPLICATION, STACK);
        expect(replicasOf(chosen, all)).toEqual([replica]);
        expect(replicasOf(replica, all)).toEqual([]);
    });

    test("that is unknown is refused with the known names", () => {
        expect(() => selectProcesses(PROCESSES, ["db", "nope"], STACK)).toThrow(
            expect.objectContaining({
                message: "There is no component nope",
                remedy: "Name one of cache, db, shop, shop/web, shop/worker.",
                exitCode: 2,
            }) as Error,
        );
    });

    test("is refused in a stack that runs nothing", () => {
        expect(() => selectProcesses([], ["shop"], STACK)).toThrow(
            expect.objectContaining({
                message: "There is no component shop",
                remedy: "The stack runs nothing. Bring it up with `drydock up --stack dev`.",
                exitCode: 2,
            }) as Error,
        );
    });

    test("of a process is offered only where a component has several", () => {
        expect(knownNames(PROCESSES)).toEqual(["cache", "db", "shop", "shop/web", "shop/worker"]);
    });
});

describe("the container to run a program in", () => {
    const choose = (component?: string, target = APPLICATION, processes = PROCESSES) =>
        chooseProcess(processes, component, target, STACK).resource;

    test("is the web process of the only application", () => {
        expect(choose()).toBe("shop");
    });

    test("is the only database", () => {
        expect(choose(undefined, DATABASE)).toBe("db");
    });

    test("is the named one, of any kind", () => {
        expect(choose("cache")).toBe("cache");
        expect(choose("shop")).toBe("shop");
        expect(choose("shop/worker")).toBe("shop-worker");
    });

    test("must be named if there are several", () => {
        const two = [...PROCESSES, process("admin", "web", "RailsWebApp")];
        expect(() => choose(undefined, APPLICATION, two)).toThrow(
            expect.objectContaining({
                message: "The stack dev has several components to choose from: shop, admin",
                remedy: "Name one, for example --component shop.",
                exitCode: 2,
            }) as Error,
        );
    });

    test("is the only Rails application among other web applications", () => {
        expect(choose(undefined, APPLICATION, [process("edge", "web", "WebApp"), ...PROCESSES])).toBe("shop");
    });

    test("is missing in a stack with other components only", () => {
        expect(() => choose(undefined, APPLICATION, PROCESSES.slice(0, 2))).toThrow(
            expect.objectContaining({
                message: "The stack dev runs no application",
                remedy: "Name a component: --component cache, or db.",
                exitCode: 1,
            }) as Error,
        );
    });

    test("is missing in an empty stack", () => {
        expect(() => choose(undefined, APPLICATION, [])).toThrow(
            expect.objectContaining({ remedy: "Bring it up with `drydock up --stack dev`." }) as Error,
        );
    });
});

test("a program gets the variables of a Swarm service from their file", () => {
    const container = (isService: boolean) => ({ process: { isService } }) as PlacedContainer;
    expect(withEnvironment(container(false), ["bin/rails", "console"])).toEqual(["bin/rails", "console"]);
    const [shell, , script, ...args] = withEnvironment(container(true), ["bin/rails", "console"]);
    expect([shell, ...args]).toEqual(["sh", "sh", "bin/rails", "console"]);
    expect(script).toContain("/run/drydock/with-environment");
});
