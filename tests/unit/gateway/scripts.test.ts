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
            'grep -q bad routes.caddy && { echo "adapting config: no such directive: bad" >&2; exit 1; }; exit 0',
        );
    });
    afterEach(() => {
        box.dispose();
    });

    const write = (routes: string) => {
        box.write("input", routes);
        return box.run(`sh ${script("write-routes.sh")} ${box.dir}/drydock <input`);
    };
    const files = () => readdirSync(join(box.dir, "drydock"));
    const routes = () => readFileSync(join(box.dir, "drydock/routes.caddy"), "utf8");

    test("writes the routes and reloads Caddy", () => {
        for (const content of ["one\n", "two\n"]) {
            expect(write(content)).toMatchObject({ code: 0, output: "" });
            expect(routes()).toBe(content);
            expect(box.calls()).toEqual(["caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile"]);
        }
        expect(files()).toEqual(["routes.caddy"]);
    });

    test("keeps the previous routes if Caddy rejects the new ones, and says why", () => {
        write("one\n");
        const { code, output } = write("bad\n");
        expect(code).toBe(1);
        expect(output).toBe(
            "Caddy rejected the routes. The previous ones stay active:\nadapting config: no such directive: bad\n",
        );
        expect(routes()).toBe("one\n");
        expect(files()).toEqual(["routes.caddy"]);
    });

    test("leaves nothing if Caddy rejects the first routes", () => {
        expect(write("bad\n")).toMatchObject({ code: 1 });
        expect(files()).toEqual([]);
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
                    "network inspect") shift 4; for network; do echo "\${network#id-}"; done ;;
                    "container inspect") printf 'shop-front\\nold-web\\nnew-web\\n' ;;
                    "exec --interactive") cat >written ;;
                 esac`,
            );
            const result = box.run(`sh ${script("apply-routes.sh")} ${step}`, {
                GATEWAY: "shop-front",
                OWN_NETWORK: "shop-front",
                NETWORKS: "",
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
    const EXEC = "docker exec --interactive shop-front sh -c write write-routes /config/drydock";

    test("joins networks before it writes the routes, and leaves the others after", () => {
        const { code, calls, written } = apply("create", {
            NETWORKS: "id-new-web\ncable",
            ROUTES: "a {\n}\n",
        });
        expect(code).toBe(0);
        expect(calls).toEqual([
            "docker network connect cable shop-front",
            EXEC,
            "docker network disconnect old-web shop-front",
        ]);
        expect(written).toBe("a {\n}\n");
    });

    test("only leaves the networks of the endpoints when the gateway is removed, which may have stopped", () => {
        const { code, calls } = apply("delete", { ROUTES: "a {\n}\n" }, '[ "$1" != exec ] || exit 1');
        expect(code).toBe(0);
        expect(calls).toEqual([
            "docker network disconnect old-web shop-front",
            "docker network disconnect new-web shop-front",
        ]);
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
