import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, Sandbox } from "../../sandbox.ts";

const read = (name: string) => readFileSync(join(ROOT, "components/gateway", name), "utf8");

describe("keep-routes.sh", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
        // It would run until it is stopped.
        sandbox.program("sleep", "exit 0");
        sandbox.program(
            "caddy",
            'grep -q bad active/sites.caddy && { echo "no such directive: bad" >&2; exit 1; }; exit 0',
        );
    });
    afterEach(() => {
        sandbox.dispose();
    });

    /** @param secrets routes by owner */
    const keep = (secrets: Record<string, string>, { isRunning = true } = {}) => {
        for (const [owner, routes] of Object.entries(secrets)) sandbox.write(`secrets/${owner}`, routes);
        const script = (read("compose-routes.sh") + read("swarm/keep-routes.sh"))
            .replaceAll("/routes/*", `${sandbox.dir}/secrets/*`)
            .replaceAll("/pages/", `${sandbox.dir}/pages/`)
            .replace(`rm -f routes${sandbox.dir}/secrets/*`, "rm -f routes/*")
            .replace("[ -S ", "[ -e ")
            .replace("/tmp/written", `${sandbox.dir}/written`);
        sandbox.write("script", script);
        sandbox.write("drydock/Caddyfile", "");
        if (isRunning) sandbox.write("drydock/admin.sock", "");
        return sandbox.run(`export PATH; sh script ${sandbox.dir}/drydock 'http://{host}'`);
    };
    const sites = () => readFileSync(join(sandbox.dir, "drydock/active/sites.caddy"), "utf8");
    const isWritten = () => existsSync(join(sandbox.dir, "written"));

    test("gives the gateway the routes of all owners through its socket, and removes those of former owners", () => {
        sandbox.write("drydock/routes/gone", "c.d\t99999/\tgone\n");
        expect(keep({ shop: "a.b\t99999/\tone\n", blog: "c.d\t99999/\ttwo\n" })).toEqual({
            code: 0,
            output: "",
        });
        expect(sites()).toContain("http://a.b {\n\timport site\n\tone\n");
        expect(sites()).toContain("http://c.d {\n\timport site\n\ttwo\n");
        expect(sites()).not.toContain("gone");
        expect(readdirSync(join(sandbox.dir, "drydock/routes"))).toEqual(["blog", "shop"]);
        expect(sandbox.calls().find((call) => call.includes("reload"))).toBe(
            `caddy reload --config Caddyfile --adapter caddyfile --force --address unix/${sandbox.dir}/drydock/admin.sock`,
        );
        expect(isWritten()).toBe(true);
    });

    test("gives the gateway the pages of applications in maintenance, and removes other pages", () => {
        sandbox.write("drydock/maintenance/gone.html", "old");
        sandbox.write("drydock/maintenance/shop.html", "old");
        sandbox.write("pages/shop.html", "back soon");
        sandbox.write("pages/shop-cable.html", "back soon");
        expect(keep({ shop: "a.b\t99999/\tone\n" })).toMatchObject({ code: 0 });
        const directory = join(sandbox.dir, "drydock/maintenance");
        expect(readdirSync(directory)).toEqual(["shop-cable.html", "shop.html"]);
        expect(readFileSync(join(directory, "shop.html"), "utf8")).toBe("back soon");
    });

    test("fails if Caddy rejects the routes, and the previous ones stay", () => {
        keep({ shop: "a.b\t99999/\tone\n" });
        const { code, output } = keep({ shop: "a.b\t99999/\tbad\n" });
        expect(code).toBe(1);
        expect(output).toContain(
            "Caddy rejected the routes. The previous ones stay active:\nno such directive: bad",
        );
        expect(sites()).toContain("\tone\n");
    });

    test("fails if Caddy rejects the routes before the gateway runs", () => {
        keep({ shop: "a.b\t99999/\tone\n" });
        rmSync(join(sandbox.dir, "drydock/admin.sock"));
        sandbox.program("sleep", "exit 1");
        const { code, output } = keep({ shop: "a.b\t99999/\tbad\n" }, { isRunning: false });
        expect(code).toBe(1);
        expect(output).toContain("no such directive: bad");
        expect(sites()).toContain("\tone\n");
    });

    test("waits for the gateway, which reads the routes when it starts", () => {
        sandbox.program("sleep", `touch ${sandbox.dir}/drydock/admin.sock`);
        expect(keep({ shop: "a.b\t99999/\tone\n" }, { isRunning: false })).toMatchObject({ code: 0 });
        expect(sandbox.calls().filter((call) => !call.includes("infinity"))).toEqual([
            expect.stringContaining("caddy adapt"),
            "sleep 1",
            expect.stringContaining("caddy reload"),
        ]);
        expect(isWritten()).toBe(true);
    });
});

/** Docker with the service of a gateway and secrets with routes. Updates of services fail with what is in `update-error`. */
const DOCKER = String.raw`
case "$*" in
    "secret ls"*label=drydock-gateway=*) cat secrets 2>/dev/null || true ;;
    "secret ls"*owner=*) echo front ;;
    "config ls"*) cat configs 2>/dev/null || true ;;
    "config create"*) cat >>written ;;
    "secret create"*) cat >>written; cat taken >>secrets 2>/dev/null || true ;;
    "service ls"*label=drydock-gateway-owner=*) echo front-routes; cat former 2>/dev/null || true ;;
    "service ls"*) [ -e no-routes-service ] || echo front-routes ;;
    "service update"*) [ ! -s update-error ] || { head -n 1 update-error >&2; sed -i.bak 1d update-error; exit 1; } ;;
    "service inspect old") [ -e old-exists ] ;;
    "service inspect"*'.Spec.Labels "drydock-gateway"'*old-routes) echo old ;;
    "service inspect"*'.Spec.Labels "drydock-gateway"'*) echo front ;;
    "service inspect"*SecretName*) cat mounted 2>/dev/null; grep -q with-new mounted && sed -n 's/.*secret create .* \(.*\) -$/\1/p' calls || true ;;
    "service inspect"*UpdateStatus*) cat status 2>/dev/null || true ;;
    "service inspect"*"index .Spec.TaskTemplate.ContainerSpec.Labels"*) echo '{host}' ;;
    "service inspect"*drydock-gateway-version*) cat version 2>/dev/null || true ;;
    "service inspect"*Constraints*) echo 'node.labels.edge==true' ;;
    "service inspect"*drydock.stack*) echo production ;;
    "service inspect"*ContainerSpec.Args*) cat args 2>/dev/null || echo '[sh -c for page in /pages/*]' ;;
    "service inspect"*ContainerSpec.Image*) echo caddy@sha256:1 ;;
    "service inspect"*"running {{"*) echo "running now" ;;
    "service ps --quiet"*) [ -e no-tasks ] || printf 'one\ntwo\n' ;;
    "service ps"*) printf 'n1: Running 1 s ago\nn2: Failed 1 s ago boom\n' ;;
    "service logs"*) echo "last line" ;;
    "inspect --type task"*) printf 'running now\nrunning now\n' ;;
esac`;

describe("the scripts of gateways on a Swarm", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
        sandbox.program("docker", DOCKER);
        sandbox.program("sleep", "exit 0");
    });
    afterEach(() => {
        sandbox.dispose();
    });

    const run = (file: string, step: string, env: Record<string, string> = {}) => {
        const functions = read("swarm/functions.sh")
            .replaceAll("attempts=240", "attempts=3")
            .replace("-lt 20", "-lt 2");
        sandbox.write("script", `${functions}\n${read(`swarm/${file}`)}`);
        const result = sandbox.run(`sh script ${step}`, {
            GATEWAY_LABEL: "drydock-gateway",
            OWNER_LABEL: "drydock-gateway-owner",
            PATHS_LABEL: "drydock-gateway-paths",
            OWNER: "shop.dev.web",
            GATEWAYS: "front",
            GATEWAY: "front",
            ROUTES_SERVICE: "front-routes",
            VOLUME: "shop.dev.front.routes",
            KEEP_ROUTES: "keep",
            ROUTES_DIRECTORY: "/config/drydock",
            ROUTES: "",
            ONLY_STACK: "",
            DOCKER_COMMAND: "docker",
            ...env,
        });
        const changes = /^docker (service (create|update|rm)|(secret|config) (create|rm)) /;
        return { ...result, changes: sandbox.calls().filter((call) => changes.test(call)) };
    };
    const written = () => readFileSync(join(sandbox.dir, "written"), "utf8");
    const ROUTES = "front\ta.b\t99994/blog\tone\nfront\ta.b\t99999/\ttwo\nelse\tx.y\t99999/\tthree\n";

    test("replace the routes of an application, and show their hosts and paths as labels", () => {
        sandbox.write("secrets", "old shop.dev.web a.b/\nother blog.dev.web c.d/\n");
        const { code, output, changes } = run("app-routes.sh", "create", { ROUTES });
        expect({ code, output }).toEqual({ code: 0, output: "" });
        expect(written()).toBe("a.b\t99994/blog\tone\na.b\t99999/\ttwo\n");
        const [create = ""] = changes;
        const [, secret = ""] = /(drydock-routes-[0-9a-f]{16}) -$/.exec(create) ?? [];
        expect(changes).toEqual([
            `docker secret create --label drydock-gateway=front --label drydock-gateway-owner=shop.dev.web --label drydock-gateway-paths=a.b/ a.b/blog ${secret} -`,
            `docker service update --detach --quiet --secret-rm old --secret-add source=${secret},target=/routes/shop.dev.web,mode=0400 front-routes`,
            "docker secret rm old",
        ]);
    });

    test("refuse a route that another application has, before they change anything", () => {
        sandbox.write("secrets", "other blog.dev.web c.d/ a.b/blog\n");
        const { code, output, changes } = run("app-routes.sh", "create", { ROUTES });
        expect(code).toBe(1);
        expect(output).toContain("already has a route for a.b/blog, owned by blog.dev.web.");
        expect(changes).toEqual([]);
    });

    test.each([
        [
            "a wildcard host without a certificate",
            "*.a.b",
            "99999/",
            "!acme",
            "*.a.b needs a wildcard certificate",
        ],
        ["an `ask` without certificates on demand", "?", "99995*.a.b", "!acme", "no certificates on demand"],
        ["a wildcard host with a certificate", "*.a.b", "99999/", "!acme *.a.b!", undefined],
        ["an `ask` with certificates on demand", "?", "99995*.a.b", "!acme !on-demand", undefined],
    ])("check whether the gateway can have certificates: %s", (_, host, order, settings, message) => {
        sandbox.write("secrets", `own shop.dev.front ${settings}\n`);
        const { code, output, changes } = run("app-routes.sh", "create", {
            ROUTES: `front\t${host}\t${order}\tone\n`,
        });
        expect(output).toEqual(message === undefined ? "" : expect.stringContaining(message));
        expect(code).toBe(message === undefined ? 0 : 1);
        expect(changes).toHaveLength(message === undefined ? 2 : 0);
    });

    test("update the service again if another application has updated it at the same time", () => {
        sandbox.write("update-error", "rpc error: update out of sequence\n");
        const { code, output, changes } = run("app-routes.sh", "create", { ROUTES });
        expect({ code, output }).toEqual({ code: 0, output: "" });
        expect(changes.filter((call) => call.startsWith("docker service update"))).toHaveLength(2);
    });

    test("refuse a route that another application registers at the same time, and remove the new routes", () => {
        sandbox.write("taken", "other blog.dev.web a.b/blog\n");
        const { code, output, changes } = run("app-routes.sh", "create", { ROUTES });
        expect(code).toBe(1);
        expect(output).toContain("already has a route for a.b/blog, owned by blog.dev.web.");
        const [, secret = ""] = /(drydock-routes-[0-9a-f]{16}) -$/.exec(changes[0] ?? "") ?? [];
        expect(changes.slice(1)).toEqual([`docker secret rm ${secret}`]);
    });

    test("fail if the Swarm undoes the update, and remove the new routes", () => {
        sandbox.write("secrets", "old shop.dev.web a.b/\n");
        sandbox.write("mounted", "old\n");
        sandbox.write("status", "rollback_completed\n");
        const { code, output, changes } = run("app-routes.sh", "create", { ROUTES });
        expect(code).toBe(1);
        expect(output).toBe(
            "The gateway front does not accept the routes. The previous ones stay active:\nn2: Failed 1 s ago boom\nlast line\n",
        );
        expect(changes.slice(2)).toEqual([expect.stringMatching(/^docker secret rm drydock-routes-/)]);
    });

    test("take the new routes out of the service if the rollback restores an update that has them", () => {
        sandbox.write("secrets", "old shop.dev.web a.b/\n");
        sandbox.write("mounted", "with-new\n");
        sandbox.write("status", "rollback_completed\n");
        const { code, changes } = run("app-routes.sh", "create", { ROUTES });
        expect(code).toBe(1);
        const [, secret = ""] = /(drydock-routes-[0-9a-f]{16}) -$/.exec(changes[0] ?? "") ?? [];
        expect(changes.slice(2)).toEqual([
            `docker service update --detach --quiet --secret-rm ${secret} --secret-add source=old,target=/routes/shop.dev.web,mode=0400 front-routes`,
            `docker secret rm ${secret}`,
        ]);
    });

    test("restore the previous routes if the new ones do not reach all nodes in time", () => {
        sandbox.write("mounted", "with-new\n");
        sandbox.write("status", "updating\n");
        const { code, output, changes } = run("app-routes.sh", "create", { ROUTES });
        expect(code).toBe(1);
        expect(output).toContain(
            "The new routes did not reach all nodes of the gateway front in time. The previous ones are restored:\n",
        );
        expect(changes.slice(2)).toEqual([
            expect.stringMatching(
                /^docker service update --detach --quiet --secret-rm drydock-routes-\w+ front-routes$/,
            ),
            expect.stringMatching(/^docker secret rm drydock-routes-/),
        ]);
    });

    test("remove the routes of an application, also from a gateway that it no longer uses", () => {
        sandbox.write("secrets", "old shop.dev.web a.b/\n");
        const removal = [
            "docker service update --detach --quiet --secret-rm old front-routes",
            "docker secret rm old",
        ];
        expect(run("app-routes.sh", "delete").changes).toEqual(removal);
        const { code, changes } = run("app-routes.sh", "create", { GATEWAYS: "" });
        expect({ code, changes }).toEqual({ code: 0, changes: removal });
    });

    test("remove the page of an application with its routes", () => {
        sandbox.write("secrets", "old shop.dev.web a.b/\n");
        sandbox.write("configs", "page shop.dev.web shop-dev-web\nother blog.dev.web blog-dev-web\n");
        const { code, changes } = run("app-routes.sh", "delete");
        expect({ code, changes }).toEqual({
            code: 0,
            changes: [
                "docker service update --detach --quiet --secret-rm old --config-rm page front-routes",
                "docker secret rm old",
                "docker config rm page",
            ],
        });
        expect(run("app-routes.sh", "create", { ROUTES }).changes.join()).not.toContain("page");
    });

    const PAGE = { HOSTS: "shop-dev-web shop-dev-web-cable", PAGE: "<p>Back soon" };

    test("show a page in place of each process of an application, instead of an earlier one", () => {
        sandbox.write("configs", "old shop.dev.web shop-dev-web\nother blog.dev.web blog-dev-web\n");
        const { code, output, changes } = run("set-maintenance.sh", "on", PAGE);
        expect({ code, output }).toEqual({ code: 0, output: "" });
        expect(written()).toBe("<p>Back soon");
        const [, page = ""] = /(drydock-page-[0-9a-f]{16}) -$/.exec(changes[0] ?? "") ?? [];
        const mounts = PAGE.HOSTS.split(" ").map(
            (host) => `--config-add source=${page},target=/pages/${host}.html,mode=0400`,
        );
        expect(changes).toEqual([
            `docker config create --label drydock-gateway=front --label drydock-gateway-owner=shop.dev.web --label drydock-gateway-paths=shop-dev-web shop-dev-web-cable ${page} -`,
            `docker service update --detach --quiet ${mounts.join(" ")} --config-rm old front-routes`,
            "docker config rm old",
        ]);
    });

    test("hide a page, and do nothing without one", () => {
        expect(run("set-maintenance.sh", "off", PAGE)).toEqual({ code: 0, output: "", changes: [] });
        sandbox.write("configs", "old shop.dev.web shop-dev-web\n");
        expect(run("set-maintenance.sh", "off", PAGE).changes).toEqual([
            "docker service update --detach --quiet --config-rm old front-routes",
            "docker config rm old",
        ]);
    });

    test("say that a page does not reach all nodes, and keep the earlier one", () => {
        sandbox.write("configs", "old shop.dev.web shop-dev-web\n");
        sandbox.write("status", "rollback_completed\n");
        const { code, output, changes } = run("set-maintenance.sh", "on", PAGE);
        expect(code).toBe(1);
        expect(output).toContain("The change did not reach all nodes of the gateway front:\nn2: Failed");
        expect(changes.slice(2)).toEqual([expect.stringMatching(/^docker config rm drydock-page-/)]);
    });

    test.each([
        ["is not one", "no-routes-service", "is not the service of a gateway on this Swarm"],
        ["is from an earlier version of Drydock", "args", "is from an earlier version of Drydock"],
    ])("show no page in a gateway that %s", (_, file, message) => {
        sandbox.write(file, "[sh]\n");
        const { code, output, changes } = run("set-maintenance.sh", "on", PAGE);
        expect(output).toContain(message);
        expect({ code, changes }).toEqual({ code: 1, changes: [] });
    });

    test("fail if the service is not a gateway", () => {
        sandbox.write("no-routes-service", "");
        const { code, output } = run("app-routes.sh", "create", { ROUTES });
        expect(code).toBe(1);
        expect(output).toContain("front is not the service of a gateway on this Swarm");
    });

    test("register nothing of a throwaway stack with a gateway of another stack", () => {
        const { code, output, changes } = run("app-routes.sh", "create", { ROUTES, ONLY_STACK: "preview-1" });
        expect(code).toBe(0);
        expect(output).toContain("front belongs to another stack");
        expect(changes).toEqual([]);
    });

    test("create the routes service on the nodes of the gateway, with the existing routes", () => {
        sandbox.write("no-routes-service", "");
        sandbox.write("secrets", "one blog.dev.web c.d/\ntwo shop.dev.front e.f/\n");
        sandbox.write("configs", "page blog.dev.web blog-dev-web blog-dev-jobs\n");
        const { code, output, changes } = run("gateway-routes.sh", "create", { OWNER: "shop.dev.front" });
        expect({ code, output }).toEqual({ code: 0, output: "" });
        expect(changes.at(-1)).toContain("--secret source=one,target=/routes/blog.dev.web,mode=0400");
        for (const host of ["blog-dev-web", "blog-dev-jobs"])
            expect(changes.at(-1)).toContain(`--config source=page,target=/pages/${host}.html,mode=0400`);
        expect(changes.at(-1)).toContain("--constraint node.labels.edge==true");
        expect(changes.at(-1)).toContain("--mount type=volume,source=shop.dev.front.routes,target=/config");
        expect(changes.at(-1)).toMatch(/caddy@sha256:1 sh -c keep keep-routes \/config\/drydock \{host\}$/);
    });

    test("replace the routes service only if it differs", () => {
        const { changes } = run("gateway-routes.sh", "create");
        const [, version = ""] = /drydock-gateway-version=(\S+)/.exec(changes.join()) ?? [];
        expect(changes[0]).toBe("docker service rm front-routes");
        sandbox.write("version", `${version}\n`);
        expect(run("gateway-routes.sh", "create")).toEqual({ code: 0, output: "", changes: [] });
    });

    test("remove what a renamed gateway left under its former name, unless another gateway has that name now", () => {
        sandbox.write("former", "old-routes\n");
        sandbox.write("secrets", "one shop.dev.front c.d/\ntwo blog.dev.web e.f/\n");
        const env = { OWNER: "shop.dev.front", ROUTES: "" };
        const removals = ["docker service rm old-routes", "docker secret rm one"];
        expect(run("gateway-routes.sh", "create", env).changes.slice(-2)).toEqual(removals);
        sandbox.write("old-exists", "");
        expect(run("gateway-routes.sh", "create", env).changes).not.toContain("docker service rm old-routes");
    });

    test("fail if the gateway does not run", () => {
        sandbox.write("status", "paused\n");
        const { code, output, changes } = run("gateway-routes.sh", "create");
        expect(code).toBe(1);
        expect(output).toContain(
            "The gateway front does not run on all of its nodes:\nn2: Failed 1 s ago boom\n",
        );
        expect(changes).toEqual([]);
    });

    test("say that no node meets the constraints of the gateway", () => {
        sandbox.write("no-tasks", "");
        const { code, output, changes } = run("gateway-routes.sh", "create");
        expect(code).toBe(1);
        expect(output).toContain("No active node meets the constraints of the gateway front.");
        expect(output).toContain("The constraints:\nnode.labels.edge==true\n");
        expect(changes).toEqual([]);
    });

    test("refuse to remove a gateway with routes of applications, and name them", () => {
        sandbox.write("secrets", "one blog.dev.web c.d/\ntwo shop.dev.front e.f/\n");
        const { code, output, changes } = run("gateway-routes.sh", "delete", { OWNER: "shop.dev.front" });
        expect(code).toBe(1);
        expect(output).toContain(
            "still has the routes of these applications (project.stack.component):\nblog.dev.web\n",
        );
        expect(output).toContain(
            "docker service update --secret-rm one front-routes && docker secret rm one   # blog.dev.web",
        );
        expect(changes).toEqual([]);
    });

    test("remove a gateway that has lost its routes service, and keep the routes of applications for the next one", () => {
        sandbox.write("no-routes-service", "");
        sandbox.write("secrets", "one blog.dev.web c.d/\ntwo shop.dev.front e.f/\n");
        const { code, changes } = run("gateway-routes.sh", "delete", { OWNER: "shop.dev.front" });
        expect(code).toBe(0);
        expect(changes).toEqual(["docker secret rm two"]);
    });

    test("remove the service with the gateway's own routes", () => {
        sandbox.write("secrets", "two shop.dev.front e.f/\n");
        const { code, changes } = run("gateway-routes.sh", "delete", { OWNER: "shop.dev.front" });
        expect(code).toBe(0);
        expect(changes).toEqual(["docker service rm front-routes", "docker secret rm two"]);
    });
});
