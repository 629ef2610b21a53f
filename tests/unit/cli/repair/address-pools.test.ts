import { networkInterfaces } from "node:os";
import { addressAdvice, freeRanges, networksLeft } from "../../../../cli/repair/address-pools.ts";
import { Sandbox } from "../../sandbox.ts";
import { runStep } from "../run-step.ts";

const POOLS = [
    { Base: "172.17.0.0/16", Size: 16 },
    { Base: "172.18.0.0/15", Size: 16 },
    { Base: "192.168.0.0/16", Size: 20 },
];

describe("the number of networks that Docker can create", () => {
    test.each<[string, string[], number]>([
        ["all of them, without networks", [], 19],
        ["less the subnets in use", ["172.17.0.0/16", "192.168.16.0/20"], 17],
        ["less a subnet that contains a smaller network", ["172.18.5.0/24", "172.18.9.0/24"], 18],
        ["less the subnets within a larger network", ["192.168.0.0/16"], 3],
        ["unchanged by other addresses", ["10.0.0.0/8", "fd00::/64", ""], 19],
        ["0 if all are in use", ["172.16.0.0/12", "192.168.0.0/16"], 0],
    ])("is %s", (_, used, left) => {
        expect(freeRanges(POOLS, used)).toBe(left);
    });

    test("excludes what the interfaces of this machine use, if the engine is on it", () => {
        const sandbox = new Sandbox();
        const { address, cidr } = Object.values(networkInterfaces())
            .flatMap((each) => each ?? [])
            .find(({ family, internal }) => family === "IPv4" && !internal) ?? { address: "", cidr: "" };
        expect(cidr).not.toBe("");
        sandbox.program("docker", `case "$*" in info*) echo '[{"Base":"${address}/32","Size":32}]' ;; esac`);
        const { PATH = "" } = process.env;
        process.env.PATH = `${sandbox.dir}/bin:${PATH}`;
        const left = [true, false].map((isLocal) => networksLeft({}, isLocal));
        process.env.PATH = PATH;
        sandbox.dispose();
        expect(left).toEqual([0, 1]);
    });

    test("is printed with the remedies", () => {
        expect(addressAdvice(0)).toContain("no subnet left for another network");
        expect(addressAdvice(1)).toContain("subnets for 1 more network.");
        expect(addressAdvice(2)).toMatch(
            /subnets for 2 more networks.*`network`.*`"default-address-pools": .*`/,
        );
    });

    test.each([
        ["before an update, if it is low", "up", 28, "subnets for 3 more networks"],
        ["after a failed update, if it is 0", "explain", 31, "no subnet left"],
    ] as const)("is printed %s", async (_, step, networks, sentence) => {
        const sandbox = new Sandbox();
        const ids = Array.from({ length: networks }, (_, i) => `n${i}\\tnet${i}\\n`).join("");
        const ranges = [
            ...Array.from({ length: 15 }, (_, i) => `172.${17 + i}.0.0/16`),
            ...Array.from({ length: 16 }, (_, i) => `192.168.${16 * i}.0/20`),
        ];
        sandbox.program("pulumi", `case $1 in stack) echo '{"deployment":{}}' ;; config) echo '{}' ;; esac`);
        sandbox.program(
            "docker",
            `case "$*" in
                *Pools*) echo null ;;
                info*) echo id false ;;
                *--filter*) ;;
                "network ls"*) printf '${ids}' ;;
                "network inspect"*) echo ${ranges.slice(0, networks).join(" ")} ;;
            esac`,
        );
        // On a remote engine, the interfaces of this machine do not count.
        const env = { DOCKER_HOST: "tcp://docker.example.com" };
        const { code, output } = await runStep(sandbox, step, "shop", { env });
        expect(output).toContain(`Docker has ${sentence}`);
        expect(output).toContain('`"default-address-pools": ');
        expect(code).toBe(0);
        sandbox.dispose();
    });
});
