import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, Sandbox } from "../scripts/sandbox.ts";

const script = (name: string) => join(ROOT, "components/gateway", name);

describe("the script in the container", () => {
    let box: Sandbox;
    beforeEach(() => {
        box = new Sandbox();
        box.program(
            "caddy",
            'grep -rq bad sites/ && { echo "adapting config: no such directive: bad" >&2; exit 1; }; exit 0',
        );
    });
    afterEach(() => {
        box.dispose();
    });

    const write = (owner: string, files: Record<string, string>) => {
        box.write(
            "routes",
            Object.entries(files)
                .map(([file, content]) => `=== ${file}\n${content}\n`)
                .join(""),
        );
        return box.run(`sh ${script("write-routes.sh")} ${owner} ${box.dir}/drydock <routes`);
    };
    const files = () =>
        readdirSync(join(box.dir, "drydock/sites"), { recursive: true, encoding: "utf8" })
            .filter((file) => /site$|route$/.test(file))
            .sort();
    const read = (file: string) => readFileSync(join(box.dir, "drydock/sites", file), "utf8");

    test("writes the routes and reloads Caddy", () => {
        expect(
            write("one", { "host-a/site": "a {\n}", "host-a/9999.one.0.route": "handle {\n\trespond 1\n}" }),
        ).toMatchObject({
            code: 0,
            output: "",
        });
        expect(read("host-a/9999.one.0.route")).toBe("handle {\n\trespond 1\n}\n");
        expect(box.calls()).toEqual(["caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile"]);
    });

    test("replaces the routes of the owner, and keeps those of others", () => {
        write("one", { "host-a/site": "a", "host-a/9999.one.0.route": "1", "host-a/9990.one.1.route": "2" });
        write("two", {
            "host-a/site": "a",
            "host-a/9980.two.0.route": "3",
            "host-b/site": "b",
            "host-b/9999.two.1.route": "4",
        });
        write("one", { "host-a/site": "a", "host-a/9999.one.0.route": "5" });
        expect(files()).toEqual([
            "host-a/9980.two.0.route",
            "host-a/9999.one.0.route",
            "host-a/site",
            "host-b/9999.two.1.route",
            "host-b/site",
        ]);
        expect(read("host-a/9999.one.0.route")).toBe("5\n");
    });

    test("removes the routes of the owner, and hosts that have none left", () => {
        write("one", { "host-a/site": "a", "host-a/9999.one.0.route": "1" });
        write("two", { "host-b/site": "b", "host-b/9999.two.0.route": "2" });
        expect(write("one", {})).toMatchObject({ code: 0 });
        expect(files()).toEqual(["host-b/9999.two.0.route", "host-b/site"]);
    });

    test("keeps the old routes if Caddy refuses the new ones, and says why", () => {
        write("one", { "host-a/site": "a", "host-a/9999.one.0.route": "1" });
        const { code, output } = write("one", { "host-a/site": "a", "host-a/9999.one.0.route": "bad" });
        expect(code).toBe(1);
        expect(output).toBe(
            "The gateway refuses the routes, and keeps those that it has:\nadapting config: no such directive: bad\n",
        );
        expect(read("host-a/9999.one.0.route")).toBe("1\n");
        expect(
            readdirSync(join(box.dir, "drydock")).filter((file) => file.startsWith("sites.")),
        ).toHaveLength(1);
    });

    test("leaves nothing if Caddy refuses the first routes", () => {
        expect(write("one", { "host-a/site": "bad", "host-a/9999.one.0.route": "1" })).toMatchObject({
            code: 1,
        });
        expect(existsSync(join(box.dir, "drydock/sites"))).toBe(false);
    });
});

describe("the script beside Pulumi", () => {
    const apply = (step: string, env: Record<string, string>, docker = "") => {
        const box = new Sandbox();
        try {
            box.program(
                "docker",
                `${docker}
                 case "$1 $2" in
                    "container inspect") printf 'shop-front\\nold-web\\nnew-web\\n' ;;
                    "exec --interactive") cat >written ;;
                 esac`,
            );
            const result = box.run(`sh ${script("apply-routes.sh")} ${step}`, {
                GATEWAY: "shop-front",
                OWN_NETWORKS: "shop-front",
                NETWORKS: "",
                OWNER: "shop-front",
                ROUTES: "",
                WRITE_ROUTES: "write",
                ROUTES_DIRECTORY: "/config/drydock",
                ...env,
            });
            const written = join(box.dir, "written");
            return {
                ...result,
                calls: box.calls().filter((call) => !call.includes("inspect")),
                written: existsSync(written) ? readFileSync(written, "utf8") : undefined,
            };
        } finally {
            box.dispose();
        }
    };
    const EXEC = "docker exec --interactive shop-front sh -c write write-routes shop-front /config/drydock";

    test("joins networks before it writes the routes, and leaves the others after", () => {
        const { code, calls, written } = apply("create", {
            NETWORKS: "new-web\ncable",
            ROUTES: "=== a\n1\n",
        });
        expect(code).toBe(0);
        expect(calls).toEqual([
            "docker network connect cable shop-front",
            EXEC,
            "docker network disconnect old-web shop-front",
        ]);
        expect(written).toBe("=== a\n1\n\n");
    });

    test("removes the routes, and leaves all networks but the gateway's own", () => {
        const { calls, written } = apply("delete", { ROUTES: "=== a\n1\n" });
        expect(calls).toEqual([
            EXEC,
            "docker network disconnect old-web shop-front",
            "docker network disconnect new-web shop-front",
        ]);
        expect(written).toBe("\n");
    });

    test("has nothing to remove if the gateway is gone", () => {
        expect(apply("delete", {}, "exit 1")).toMatchObject({ code: 0, calls: [] });
    });

    test("fails if the gateway refuses the routes", () => {
        const { code, calls } = apply("create", { NETWORKS: "old-web" }, '[ "$1" != exec ] || exit 1');
        expect(code).toBe(1);
        expect(calls).toEqual([EXEC]);
    });
});
