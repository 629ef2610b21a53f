import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT, Sandbox } from "../sandbox.ts";

const script = (name: string) => join(ROOT, "components/gateway", name);

describe("write-routes.sh", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
        sandbox.write("Caddyfile", "(points-here) {\n}\n");
        sandbox.program(
            "caddy",
            'grep -q bad active/sites.caddy && { echo "no such directive: bad" >&2; exit 1; }; exit 0',
        );
    });
    afterEach(() => {
        sandbox.dispose();
    });

    /** Writes the routes of an owner, each as host, order and line. */
    const write = (owner: string, routes: [string, string, string][], address = "{host}", how = "reload") => {
        sandbox.write("input", routes.map((route) => `${route.join("\t")}\n`).join(""));
        sandbox.write(
            "write-routes",
            ["compose-routes.sh", "write-routes.sh"]
                .map((name) => readFileSync(script(name), "utf8"))
                .join("")
                .replaceAll("/etc/caddy/Caddyfile", join(sandbox.dir, "Caddyfile")),
        );
        return sandbox.run(
            `export PATH; sh write-routes ${sandbox.dir}/drydock ${owner} '${address}' ${how} <input`,
        );
    };
    const list = (directory: string) => readdirSync(join(sandbox.dir, "drydock", directory));
    const read = (file: string) => readFileSync(join(sandbox.dir, "drydock", file), "utf8");
    const reloads = () =>
        sandbox
            .calls()
            .map((call) => call.replace(`--config ${sandbox.dir}/Caddyfile --adapter caddyfile`, "..."));
    const target = (host: string) => `vars upstream {file./config/drydock/targets/${host}}`;

    test("merges the routes of all owners: one site for each host, and the longest path first", () => {
        expect(
            write("shop", [
                ["a.b", "99999/", "handle {"],
                ["a.b", "99999/", "}"],
            ]),
        ).toMatchObject({ code: 0, output: "" });
        write("blog", [
            ["z.b", "99999/", "redir"],
            ["a.b", "99994/blog", "blog"],
        ]);
        expect(read("active/sites.caddy").split("\n")).toEqual([
            ...["http://a.b {", "\timport plain", "}"],
            ...[
                "a.b {",
                "\timport site",
                "\timport tls",
                "\tblog",
                "\thandle {",
                "\t}",
                "\trespond 404",
                "}",
            ],
            ...["http://z.b {", "\timport plain", "}"],
            ...["z.b {", "\timport site", "\timport tls", "\tredir", "\trespond 404", "}"],
            ...["http:// {", "\trespond 404", "}"],
            ...["http://127.0.0.1:2018 {", "\tbind 127.0.0.1"],
            ...["\t@named query domain=a.b domain=z.b", "\thandle @named {", "\t\timport points-here", "\t}"],
            ...["\thandle {", "\t\trespond 403", "\t}", "}", ""],
        ]);
        expect(reloads()).toEqual(["caddy reload ... --force", "caddy reload ..."]);
        expect(list("routes")).toEqual(["blog", "shop"]);
    });

    test("puts routes without a host into a site for all other hosts", () => {
        write("front", [["*", "99999/", "any"]], "http://{host}");
        expect(read("active/sites.caddy")).toBe("http:// {\n\timport site\n\tany\n\trespond 404\n}\n");
    });

    test("gives each site the address format of the gateway", () => {
        write("front", [["*.a.b", "99999/", "any"]], "https://{host}:8443");
        expect(read("active/sites.caddy")).toMatch(/^https:\/\/\*\.a\.b:8443 \{\n/m);
    });

    const PAIR = ["certificate", "key"].map((pem) => Buffer.from(pem).toString("base64")).join(" ");

    test("gives a site its certificate or that of a wildcard host, until it is removed", () => {
        const sites = () => read("active/sites.caddy");
        write("front", [
            ["*.b.c", "!", PAIR],
            ["shop.a", "!", PAIR],
            ["shop.a", "99999/", "shop"],
        ]);
        write(
            "blog",
            ["x.b.c", "x.y.b.c", "*.b.c"].map((host) => [host, "99999/", "blog"]),
        );
        const of = (name: string) =>
            `tls ${sandbox.dir}/drydock/certificates/${name}.pem ${sandbox.dir}/drydock/certificates/${name}.key\n`;
        expect(sites()).toContain(`shop.a {\n\timport site\n\t${of("shop.a")}`);
        for (const host of ["x.b.c", "*.b.c"])
            expect(sites()).toContain(`\n${host} {\n\timport site\n\t${of("wildcard_.b.c")}`);
        expect(sites()).toContain("\nx.y.b.c {\n\timport site\n\timport tls\n");
        expect(read("certificates/shop.a.pem")).toBe("certificate");
        expect(read("certificates/wildcard_.b.c.key")).toBe("key");
        write("front", [["shop.a", "!", PAIR]]);
        expect(list("certificates")).toEqual(["shop.a.key", "shop.a.pem"]);
    });

    test("makes Caddy read certificates again only if they have changed", () => {
        const give = (pair: string, line = "shop") =>
            write("front", [
                ["shop.a", "!", pair],
                ["shop.a", "99999/", line],
            ]);
        give(PAIR);
        give(PAIR);
        give("bmV3 bmV3");
        expect(give(PAIR, "bad")).toMatchObject({ code: 1 });
        give("bmV3 bmV3");
        expect(reloads()).toEqual([
            "caddy reload ... --force",
            "caddy reload ...",
            "caddy reload ... --force",
            "caddy reload ... --force",
            "caddy reload ...",
        ]);
    });

    test("deletes private keys that are removed or refused", () => {
        const filesWith = (text: string) =>
            readdirSync(join(sandbox.dir, "drydock"), { recursive: true, withFileTypes: true })
                .filter((entry) => entry.isFile())
                .map((entry) => relative(sandbox.dir, join(entry.parentPath, entry.name)))
                .filter((file) => readFileSync(join(sandbox.dir, file), "utf8").includes(text));
        const own = ["one", "two"].map((pem) => Buffer.from(pem).toString("base64")).join(" ");
        write("front", [
            ["a.b", "!", own],
            ["shop.a.b", "!", PAIR],
        ]);
        write("front", [["shop.a.b", "!", PAIR]]);
        expect(list("certificates")).toEqual(["shop.a.b.key", "shop.a.b.pem"]);
        expect(filesWith(own)).toEqual([]);
        write("shop", [["z.b", "99999/", "shop"]]);
        const refused = write("front", [
            ["a.b", "!", own],
            ["z.b", "99999/", "front"],
        ]);
        expect(refused).toMatchObject({ code: 1 });
        expect(filesWith(own)).toEqual([]);
    });

    test("refuses settings of the gateway that routes of applications rule out", () => {
        write("front", [
            ["!", "acme", ""],
            ["*.a.b", "!", PAIR],
        ]);
        write("shop", [["*.a.b", "99999/", "shop"]]);
        expect(write("front", [["!", "acme", ""]])).toEqual({
            code: 1,
            output: expect.stringContaining(
                "The host name *.a.b of shop needs a wildcard certificate",
            ) as string,
        });
        expect(read("routes/front")).toContain("*.a.b");
        write("shop", []);
        write("front", [
            ["!", "acme", ""],
            ["!", "on-demand", ""],
        ]);
        write("shop", [["?", "99998*", "question"]]);
        for (const authority of ["acme", "internal"])
            expect(write("front", [["!", authority, ""]])).toEqual({
                code: 1,
                output: "The gateway has no certificates on demand, which a route of shop with `ask` needs. Set `tls` of the Gateway to Tls.OnDemand, or remove that route first.\n",
            });
        // An update changes the routes of its own stack after the settings.
        write("p.s.front", [["!", "on-demand", ""]]);
        write("p.s.shop", [["?", "99998*other.a", "question"]]);
        write("shop", []);
        expect(write("p.s.front", [["!", "internal", ""]])).toMatchObject({ code: 0 });
        write("p.s.front", []);
        write("p.s.shop", []);
        // Without TLS, it needs no certificates.
        expect(write("front", [], "http://{host}")).toMatchObject({ code: 0 });
    });

    test("refuses a gateway of an earlier version, whose Caddyfile lacks the snippets that the routes import", () => {
        sandbox.write("Caddyfile", "(site) {\n}\n");
        const shop = (address?: string, how?: string) =>
            write("shop", [["a.b", "99999/", "shop"]], address, how);
        expect(shop()).toEqual({
            code: 1,
            output: "The gateway is from an earlier version of Drydock. Run `drydock up` in its stack first, with this version.\n",
        });
        expect(shop("http://{host}")).toMatchObject({ code: 0 });
        // The Caddyfile of a container that has stopped is not there.
        expect(shop("{host}", "write")).toMatchObject({ code: 0 });
    });

    test("asks an application about hosts without a route if the gateway has certificates on demand", () => {
        const routes: [string, string, string][] = [
            ["*", "99999/", "any"],
            ["?", "99998*", "question"],
        ];
        expect(write("shop", routes)).toEqual({
            code: 1,
            output: "The gateway has no certificates on demand, which a route with `ask` needs. Set `tls` of the Gateway to Tls.OnDemand.\n",
        });
        write("front", [["!", "on-demand", ""]], "https://{host}:8443");
        expect(write("shop", routes, "https://{host}:8443")).toMatchObject({ code: 0 });
        const sites = read("active/sites.caddy");
        expect(sites).toMatch(
            /^http:\/\/ \{\n\timport plain\n\}\nhttps:\/\/:8443 \{\n\timport site\n\ttls \{\n\t\ton_demand\n\t\}\n\tany\n/,
        );
        expect(sites).toContain(
            "http://127.0.0.1:2018 {\n\tbind 127.0.0.1\n\tquestion\n\thandle {\n\t\trespond 403\n",
        );
    });

    test("refuses a wildcard host with a public authority, unless there is a certificate or an `ask` for it", () => {
        const wildcard = () => write("shop", [["*.a.b", "99999/", "shop"]]);
        write("front", [["!", "acme", ""]]);
        expect(wildcard()).toEqual({
            code: 1,
            output: expect.stringContaining("The host name *.a.b needs a wildcard certificate") as string,
        });
        write("front", [
            ["!", "acme", ""],
            ["*.a.b", "!", PAIR],
        ]);
        expect(wildcard()).toMatchObject({ code: 0 });
        write("shop", []);
        write("front", [
            ["!", "acme", ""],
            ["!", "on-demand", ""],
        ]);
        expect(wildcard()).toMatchObject({ code: 1 });
        expect(
            write("shop", [
                ["*.a.b", "99999/", "shop"],
                ["?", "99994*.a.b", "question"],
            ]),
        ).toMatchObject({ code: 0 });
    });

    test("requests certificates for hosts that resolve to the gateway, and names the others", () => {
        sandbox.program("wget", 'case "$*" in *domain=here.a | *https*) exit 0 ;; esac; exit 1');
        sandbox.program("getent", "echo 192.0.2.1 STREAM; echo 192.0.2.1 DGRAM; echo 2001:db8::1 STREAM");
        write("front", [["!", "check", ""]]);
        const { code, output } = write("shop", [
            ["here.a", "99999/", "shop"],
            ["else.a", "99999/", "shop"],
        ]);
        expect(code).toBe(0);
        expect(output).toContain(
            "The host name else.a does not point to this gateway (DNS: 192.0.2.1 2001:db8::1), so no certificate is requested for it.",
        );
        expect(output).toContain("There is no certificate for here.a yet");
        const requests = sandbox.calls().filter((call) => call.startsWith("wget"));
        expect(requests.some((call) => call.endsWith(" --no-check-certificate https://here.a/"))).toBe(true);
        expect(requests.some((call) => call.includes("https://else.a"))).toBe(false);
        // Other owners may write while it requests certificates.
        expect(list(".")).not.toContain("hosts");
    });

    test("points each target at the host name until the application names a container, and removes targets without a route", () => {
        write("shop", [["a.b", "99999/", target("shop-dev-web")]]);
        expect(read("targets/shop-dev-web")).toBe("shop-dev-web");
        sandbox.write("drydock/targets/shop-dev-web", "shop-dev-web-1a2b3c");
        write("blog", [["z.b", "99999/", target("[fd00::1]")]]);
        expect(read("targets/shop-dev-web")).toBe("shop-dev-web-1a2b3c");
        expect(read("targets/[fd00::1]")).toBe("[fd00::1]");
        for (const host of ["shop-dev-web", "[fd00::1]"])
            sandbox.write(`drydock/maintenance/${host}.html`, "back soon");
        write("shop", []);
        expect(list("targets")).toEqual(["[fd00::1]"]);
        expect(list("maintenance")).toEqual(["[fd00::1].html"]);
    });

    test("removes the routes of one owner", () => {
        write("shop", [["a.b", "99999/", "shop"]]);
        write("blog", [["z.b", "99999/", "blog"]]);
        expect(write("shop", [])).toMatchObject({ code: 0 });
        expect(list("routes")).toEqual(["blog"]);
        expect(read("active/sites.caddy")).not.toContain("a.b");
    });

    test("refuses a route that another owner has, and changes nothing", () => {
        write("shop", [["a.b", "99994/blog", "shop"]]);
        const { code, output } = write("blog", [
            ["a.b", "99999/", "blog"],
            ["a.b", "99994/blog", "blog"],
        ]);
        expect(code).toBe(1);
        expect(output).toBe(
            `The gateway already has a route for a.b/blog, owned by shop. Remove one of the two, or change its path. If the stack of shop no longer exists, delete ${sandbox.dir}/drydock/routes/shop in the container of the gateway.\n`,
        );
        expect(read("active/sites.caddy")).not.toContain("\tblog");
        expect(list("routes")).toEqual(["shop"]);
    });

    test.each([
        ["*", "99999/", "all other hosts"],
        ["*", "99994/blog", "all other hosts and the path /blog"],
        ["?", "99998*", "certificates of hosts that no route names"],
        ["?", "99994*.a.b", "certificates of *.a.b"],
    ])("describes the routes for %s with order %s", (host, order, name) => {
        write("front", [["!", "on-demand", ""]]);
        write("shop", [[host, order, "shop"]]);
        const { output } = write("blog", [[host, order, "blog"]]);
        expect(output).toMatch(`The gateway already has a route for ${name}, owned by shop. `);
    });

    test("keeps the previous routes if Caddy rejects the new ones, and says why", () => {
        write("shop", [["a.b", "99999/", "one"]]);
        const { code, output } = write("shop", [["a.b", "99999/", "bad"]]);
        expect(code).toBe(1);
        expect(output).toBe(
            "Caddy rejected the routes. The previous ones stay active:\nno such directive: bad\n",
        );
        expect(read("active/sites.caddy")).toContain("\tone\n");
        expect(read("routes/shop")).toBe("a.b\t99999/\tone\n");
    });

    test("keeps the targets of the previous routes until Caddy has the new ones", () => {
        write("shop", [["a.b", "99999/", target("blue")]]);
        sandbox.write("drydock/targets/blue", "blue-1a2b3c");
        expect(write("shop", [["a.b", "99999/", `bad ${target("green")}`]])).toMatchObject({ code: 1 });
        expect(read("targets/blue")).toBe("blue-1a2b3c");
        sandbox.program("caddy", "test -e targets/blue");
        expect(write("shop", [["a.b", "99999/", target("green")]])).toMatchObject({ code: 0 });
        expect(list("targets")).toEqual(["green"]);
    });

    test("leaves nothing if Caddy rejects the first routes", () => {
        expect(write("shop", [["a.b", "99999/", "bad"]])).toMatchObject({ code: 1 });
        expect(list("routes")).toEqual([]);
        expect(read("active/sites.caddy")).not.toContain("bad");
    });

    test("does not reload Caddy if it does not run", () => {
        expect(write("shop", [["a.b", "99999/", "one"]], "{host}", "write")).toMatchObject({ code: 0 });
        expect(sandbox.calls()).toEqual([]);
    });
});

describe("keep-assets.sh", () => {
    test("keeps the assets of the last releases, from each directory that the image has", () => {
        const sandbox = new Sandbox();
        const kept = join(sandbox.dir, "kept");
        const release = (...files: string[]) => {
            rmSync(join(sandbox.dir, "image"), { recursive: true, force: true });
            for (const file of files) sandbox.write(`image/${file}`, file);
            const directories = "public/assets public/packs lib/own/assets";
            return sandbox.run(`cd image && sh ${script("keep-assets.sh")} ${kept} 2 ${directories}`);
        };
        const files = () =>
            readdirSync(join(kept, "files"), { recursive: true, withFileTypes: true })
                .filter((entry) => entry.isFile())
                .map((entry) => relative(join(kept, "files"), join(entry.parentPath, entry.name)))
                .sort();
        try {
            expect(release("public/assets/a-1.js", "public/assets/icons/a b.svg", "public/x")).toEqual({
                code: 0,
                output: "",
            });
            expect(files()).toEqual(["assets/a-1.js", "assets/icons/a b.svg"]);
            release("public/assets/a-2.js", "public/packs/p-2.js", "lib/own/assets/o-2.js");
            expect(files()).toEqual([
                "assets/a-1.js",
                "assets/a-2.js",
                "assets/icons/a b.svg",
                "lib/own/assets/o-2.js",
                "packs/p-2.js",
            ]);
            // Deploying the same release again does not count.
            release("public/assets/a-2.js", "public/packs/p-2.js", "lib/own/assets/o-2.js");
            expect(files()).toHaveLength(5);
            release("public/assets/a-3.js");
            expect(files()).toEqual([
                "assets/a-2.js",
                "assets/a-3.js",
                "lib/own/assets/o-2.js",
                "packs/p-2.js",
            ]);
            for (let i = 4; i < 14; i++)
                expect(release(`public/assets/a-${i}.js`)).toMatchObject({ code: 0 });
            expect(files()).toEqual(["assets/a-12.js", "assets/a-13.js"]);
        } finally {
            sandbox.dispose();
        }
    });
});

/** Runs a script with a docker command that knows some containers and networks. */
function runScript(file: string, step: string, env: Record<string, string>, docker = "") {
    const sandbox = new Sandbox();
    try {
        sandbox.program(
            "docker",
            `${docker}
             case "$*" in
                "network inspect "*) shift 4; for network; do echo "\${network#id-}"; done ;;
                *State.Running*) echo true ;;
                *Config.Labels*) echo '{host}' ;;
                *'{{.Image}}'*) echo sha256:caddy ;;
                *'{{.Name}}'*) echo /shop-web-1a2b3c ;;
                *Aliases*) echo shop-web ;;
                "container inspect"*) printf 'shop-front\nold-web\nnew-web\n' ;;
                "ps "*) printf 'front\nother\n' ;;
                "exec "*write-routes.sh.new*) cat >>stored ;;
                "exec "*write-routes*) cat >>written ;;
                "exec "*routes/*) echo yes ;;
             esac`,
        );
        sandbox.write(
            "script",
            readFileSync(script("gateway-functions.sh"), "utf8") + readFileSync(script(file), "utf8"),
        );
        const result = sandbox.run(`sh script ${step}`, {
            GATEWAY_LABEL: "drydock-gateway",
            DOCKER_COMMAND: "docker --context server",
            WRITE_ROUTES: "write",
            WRITE_TARGET: "target",
            ROUTES_DIRECTORY: "/d",
            OWNER: "shop.dev.web",
            ...env,
        });
        const read = (file: string) =>
            existsSync(join(sandbox.dir, file)) ? readFileSync(join(sandbox.dir, file), "utf8") : undefined;
        return {
            ...result,
            calls: sandbox
                .calls()
                .filter((call) => !call.includes("inspect") && !call.startsWith("docker ps")),
            written: read("written"),
            stored: read("stored"),
        };
    } finally {
        sandbox.dispose();
    }
}

const writeCall = (gateway: string) =>
    `docker exec --interactive ${gateway} sh -c write write-routes /d shop.dev.web {host} reload`;

/** As `writeCall`, with the script that the gateway has stored, if it has one. */
const writeStoredCall = (gateway: string) =>
    writeCall(gateway).replace(
        "sh -c ",
        'sh -c [ ! -e "$1/write-routes.sh" ] || exec sh "$1/write-routes.sh" "$@"; ',
    );

const STORE_CALL =
    'docker exec --interactive shop-front sh -c mkdir -p "$0" && cat >"$0/write-routes.sh.new" && mv "$0/write-routes.sh.new" "$0/write-routes.sh" /d reload';

describe("apply-routes.sh", () => {
    const apply = (step: string, env: Record<string, string> = {}, docker = "") =>
        runScript(
            "apply-routes.sh",
            step,
            { GATEWAY: "shop-front", OWN_NETWORK: "shop-front", NETWORKS: "", ROUTES: "", ...env },
            docker,
        );

    test("joins networks before it writes the routes, and leaves other networks afterwards", () => {
        const { code, calls, written, stored } = apply("create", {
            NETWORKS: "id-new-web\ncable",
            ROUTES: "a\n",
        });
        expect(code).toBe(0);
        expect(calls).toEqual([
            "docker network connect cable shop-front",
            STORE_CALL,
            expect.stringContaining('"$0"/targets/*'),
            writeCall("shop-front"),
            "docker network disconnect old-web shop-front",
        ]);
        expect(stored).toBe("write");
        expect(written).toBe("a\n");
    });

    test("resets the targets whose containers are gone, as an older volume may name some", () => {
        const { code, calls } = apply(
            "create",
            {},
            `case "$*" in
                exec*targets*) printf 'web web-1\ncable cable-2\nelsewhere elsewhere\n'; exit ;;
                "container inspect web-1") exit 1 ;;
            esac`,
        );
        expect(code).toBe(0);
        expect(calls.filter((call) => call.includes(" target "))).toEqual([
            "docker exec --interactive shop-front sh -c target /d web web reload",
        ]);
    });

    test("leaves the networks of the endpoints on removal, even if the gateway has stopped", () => {
        const stopped = 'case "$*" in *State.Running*) echo false; exit ;; exec*) exit 1 ;; esac';
        const { code, calls } = apply("delete", {}, stopped);
        expect(code).toBe(0);
        expect(calls).toEqual([
            expect.stringMatching(
                /^docker run --rm .*--volumes-from shop-front --entrypoint sh sha256:caddy /,
            ),
            "docker network disconnect old-web shop-front",
            "docker network disconnect new-web shop-front",
        ]);
    });

    test("refuses to remove a gateway with routes of applications, and names them", () => {
        const { code, output, calls } = apply(
            "delete",
            {},
            'case "$*" in *"ls "*) printf "blog.dev.web\nshop.dev.web\n"; exit ;; esac',
        );
        expect(code).toBe(1);
        expect(output).toContain(
            "still has the routes of these applications (project.stack.component):\nblog.dev.web\n",
        );
        expect(output).toContain("docker --context server exec shop-front rm /d/routes/");
        expect(calls).toHaveLength(1);
    });

    test("fails to remove a gateway that it cannot ask for the routes of applications", () => {
        const { code, calls } = apply("delete", {}, '[ "$1" != exec ] || exit 1');
        expect(code).toBe(1);
        expect(calls).toHaveLength(1);
    });

    test("removes nothing if the gateway is gone", () => {
        expect(apply("delete", {}, "exit 1")).toMatchObject({ code: 0, calls: [] });
    });

    test("fails if the gateway refuses the routes", () => {
        const { code, calls } = apply(
            "create",
            { NETWORKS: "old-web" },
            'case "$*" in exec*write-routes.sh.new* | exec*targets*) ;; exec*) exit 1 ;; esac',
        );
        expect(code).toBe(1);
        expect(calls.at(-1)).toBe(writeCall("shop-front"));
    });
});

describe("register-routes.sh", () => {
    const register = (step: string, env: Record<string, string> = {}, docker = "") =>
        runScript(
            "register-routes.sh",
            step,
            { GATEWAYS: "front", ROUTES: "", ONLY_STACK: "", ...env },
            docker,
        );

    test("writes the routes to each gateway, and removes those in other gateways", () => {
        const { code, calls, written } = register("create", { ROUTES: "front\ta\tb\nelse\tc\n" });
        expect(code).toBe(0);
        expect(calls).toEqual([
            writeStoredCall("front"),
            'docker exec --interactive other sh -c [ ! -e "$0" ] || echo yes /d/routes/shop.dev.web reload',
            writeStoredCall("other"),
        ]);
        expect(written).toBe("a\tb\n");
    });

    test("prefers the write-routes.sh that the gateway has stored", () => {
        const sandbox = new Sandbox();
        try {
            const docker = `case "$*" in
                *State.Running*) echo true ;;
                *Config.Labels*) echo '{host}' ;;
                exec*) shift 3; exec "$@" ;;
             esac`;
            sandbox.program("docker", docker);
            sandbox.write(
                "script",
                ["gateway-functions.sh", "register-routes.sh"]
                    .map((name) => readFileSync(script(name), "utf8"))
                    .join(""),
            );
            const create = () =>
                sandbox.run("sh script create", {
                    GATEWAY_LABEL: "drydock-gateway",
                    WRITE_ROUTES: 'echo "own $* $(cat)"',
                    ROUTES_DIRECTORY: sandbox.dir,
                    OWNER: "shop.dev.web",
                    GATEWAYS: "front",
                    ROUTES: "front\ta\n",
                    ONLY_STACK: "",
                });
            expect(create()).toEqual({
                code: 0,
                output: `own ${sandbox.dir} shop.dev.web {host} reload a\n`,
            });
            sandbox.write("write-routes.sh", 'echo "stored $* $(cat)"');
            expect(create()).toEqual({
                code: 0,
                output: `stored ${sandbox.dir} shop.dev.web {host} reload a\n`,
            });
        } finally {
            sandbox.dispose();
        }
    });

    test("removes the routes from all gateways that have some", () => {
        const { code, calls, written } = register(
            "delete",
            {},
            'case "$*" in exec*front*routes/*) exit ;; esac',
        );
        expect(code).toBe(0);
        expect(calls.at(-1)).toBe(writeStoredCall("other"));
        expect(calls).not.toContain(writeStoredCall("front"));
        expect(written).toBe("");
    });

    test("fails if it cannot ask a gateway for its routes", () => {
        const { code, calls } = register("delete", {}, 'case "$*" in exec*other*routes/*) exit 1 ;; esac');
        expect(code).toBe(1);
        expect(calls).not.toContain(writeStoredCall("other"));
    });

    test("skips a gateway that is removed in the meantime", () => {
        const gone = 'case "$*" in exec*other*routes/* | "container inspect other") exit 1 ;; esac';
        expect(register("create", {}, gone)).toMatchObject({ code: 0 });
    });

    test("registers nothing of a throwaway stack with a gateway of another stack", () => {
        const { code, output, calls } = register("create", { ONLY_STACK: "preview-1" });
        expect(code).toBe(0);
        expect(output).toContain("front belongs to another stack");
        expect(calls.filter((call) => call.startsWith("docker exec") && call.includes(" front "))).toEqual(
            [],
        );
        expect(register("create", { ONLY_STACK: "{host}" }).calls).toContain(writeStoredCall("front"));
    });

    test("fails if the container is not a gateway", () => {
        const { code, output } = register("create", {}, 'case "$*" in *Config.Labels*) exit 1 ;; esac');
        expect(code).toBe(1);
        expect(output).toContain("routes: front is not the container of a gateway on this Docker Engine.");
    });
});

describe("switch-traffic.sh", () => {
    const change = (step: string, env: Record<string, string> = {}, docker = "") =>
        runScript(
            "switch-traffic.sh",
            step,
            {
                ...{
                    CONTAINER_ID: "1a2b",
                    HOST: "shop-web",
                    NETWORKS: "id-new-web",
                    OWN_NETWORK: "",
                    ALIASES: "",
                },
                ...{ SHARED_HOST: "", GATEWAYS: "", GATEWAY_NETWORKS: "" },
                ...env,
            },
            docker,
        );
    const targetCall = (gateway: string, name: string) =>
        expect.stringMatching(
            new RegExp(`^docker exec --interactive ${gateway} sh -c target /d shop-web ${name} reload$`),
        ) as string;

    test("gives the container its host names, then makes the gateways of its routes and networks send requests to it", () => {
        const { code, calls } = change("create", {
            OWN_NETWORK: "id-new-web",
            ALIASES: "shop-web\nweb",
            GATEWAYS: "front",
            GATEWAY_NETWORKS: "id-front",
        });
        expect(code).toBe(0);
        expect(calls).toEqual([
            "docker network disconnect new-web 1a2b",
            "docker network connect --alias shop-web --alias web new-web 1a2b",
            "docker network connect --alias shop-web front 1a2b",
            targetCall("front", "shop-web-1a2b3c"),
            targetCall("other", "shop-web-1a2b3c"),
            // On the others it has the name too: it joined them for gateways that it no longer has routes in.
            "docker network disconnect shop-front 1a2b",
            "docker network disconnect old-web 1a2b",
        ]);
    });

    test("gives a replica the shared host name too on the networks of gateways", () => {
        const { calls } = change("create", { SHARED_HOST: "shop-all", GATEWAY_NETWORKS: "id-front" });
        expect(calls).toContain("docker network connect --alias shop-web --alias shop-all front 1a2b");
    });

    test("does not change a network on which the container already has its host names", () => {
        const { calls } = change("create", { OWN_NETWORK: "new-web", ALIASES: "shop-web" });
        expect(calls.filter((call) => call.includes("connect") && call.includes("new-web"))).toEqual([]);
    });

    test("does not leave networks on which the container never got its host name, such as the bridge", () => {
        const { code, calls } = change("create", {}, 'case "$*" in *Aliases*) exit ;; esac');
        expect(code).toBe(0);
        expect(calls.filter((call) => call.includes("disconnect"))).toEqual([]);
    });

    test("makes gateways use the host name again when the application is removed", () => {
        const { code, calls } = change("delete", { GATEWAYS: "front" });
        expect(code).toBe(0);
        expect(calls).toEqual([targetCall("front", "shop-web"), targetCall("other", "shop-web")]);
    });
});
