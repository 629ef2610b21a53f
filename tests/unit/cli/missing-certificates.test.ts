import { readFileSync } from "node:fs";
import { join } from "node:path";
import { certificateFinding } from "../../../cli/doctor.ts";
import { ROOT, Sandbox } from "../sandbox.ts";

describe("missing-certificates.sh", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
        sandbox.program("sleep", "exit 0");
        sandbox.write(
            "active/sites.caddy",
            "http://127.0.0.1:2018 {\n\t@named query domain=a.test domain=b.test domain=c.test\n}\n",
        );
        sandbox.write("routes/shop", "b.test\t99999/\tone\n*.test\t99999/\ttwo\n");
        sandbox.write("routes/blog", "a.test\t99999/\tone\nc.test\t99999/\ttwo\n");
        sandbox.write("certificates/local/a.test/a.test.crt", "");
    });
    afterEach(() => {
        sandbox.dispose();
    });

    const run = (owner = "", how = "") => {
        const text = ["components/gateway/compose-routes.sh", "cli/missing-certificates.sh"]
            .map((file) => readFileSync(join(ROOT, file), "utf8"))
            .join("\n");
        sandbox.write("script", text.replace("/data/caddy/certificates", join(sandbox.dir, "certificates")));
        return sandbox.run(`sh script ${sandbox.dir} '${owner}' '${how}'`).output.split("\n").filter(Boolean);
    };

    test("names the hosts without a certificate, of all owners or of one", () => {
        expect(run()).toEqual(["b.test", "c.test"]);
        expect(run("shop")).toEqual(["b.test"]);
        expect(run("gone")).toEqual([]);
    });

    test("says whether each host resolves to the gateway, and its addresses", () => {
        sandbox.program("wget", 'case "$*" in *domain=b.test) exit 0 ;; esac; exit 1');
        sandbox.program(
            "getent",
            'echo "192.0.2.1 STREAM $2"; echo "192.0.2.1 DGRAM"; echo "2001:db8::1 STREAM"',
        );
        expect(run("", "explain")).toEqual([
            "b.test yes 192.0.2.1 2001:db8::1",
            "c.test no 192.0.2.1 2001:db8::1",
        ]);
    });

    test("waits for the authority of the gateway itself, which has just got the route", () => {
        sandbox.write("routes/front", "!\tinternal\t\n");
        const issue = (host: string) =>
            `mkdir -p certificates/local/${host} && touch certificates/local/${host}/${host}.crt`;
        sandbox.program("sleep", issue("b.test"));
        expect(run()).toEqual(["c.test"]);
    });
});

test.each([
    [true, "front has no certificate for a.test yet", "The next HTTPS request for it requests one"],
    [
        false,
        "front has no certificate for a.test, which does not point to it (DNS: 192.0.2.1 2001:db8::1)",
        "Change its DNS record",
    ],
])("doctor says what to do about a host that resolves to the gateway: %s", (pointsHere, message, remedy) => {
    const addresses = ["192.0.2.1", "2001:db8::1"];
    const finding = certificateFinding({ gateway: "front", host: "a.test", pointsHere, addresses });
    expect(finding).toMatchObject({ check: "Certificates", status: "warning" });
    expect(finding.message).toBe(`The gateway ${message}`);
    expect(finding.remedy).toContain(remedy);
});
