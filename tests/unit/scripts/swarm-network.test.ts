import { join } from "node:path";
import { ROOT, Sandbox } from "./sandbox.ts";

/** A fake docker whose networks are files: the name is name and ID, the content is the label. */
const DOCKER = `
    cd "$(dirname "$0")/../networks"
    option() { local name=$1; shift; while [ $# -gt 0 ]; do [ "$1" = "$name" ] && echo "$2"; shift; done; }
    case "$1 $2" in
        "network ls")
            label=$(option --filter "$@" | sed -n 's/^label=//p') name=$(option --filter "$@" | sed -n 's/^name=//p')
            for file in *; do grep -qx "$label" "$file" && [[ $file =~ $name ]] && echo "$file"; done
            true
            ;;
        "network inspect") [ -e "\${!#}" ] && echo 172.20.0.0/16 ;;
        "network create") [ ! -e "\${!#}" ] && option --label "$@" >"\${!#}" ;;
        "network rm") shift 2; rm "$@" ;;
    esac`;

describe("the network of the local cluster", () => {
    let box: Sandbox;
    beforeEach(() => {
        box = new Sandbox();
        box.program("docker", DOCKER);
        box.write("networks/bridge", "");
    });
    afterEach(() => {
        box.dispose();
    });

    const OWN = "drydock.swarm=sea\n";
    const networks = () => box.run("ls networks").output.trim().split("\n");
    const run = (command: string) =>
        box.run(`set -euo pipefail
            die() { echo "$1"; exit 1; }
            swarm=sea label=drydock.swarm=sea
            . ${join(ROOT, "swarm/network.sh")}
            ${command}`);

    test("is created despite leftovers of a killed set-up, and removed", () => {
        box.write("networks/sea-probe", OWN);
        expect(run("has_network || make_network")).toEqual({ code: 0, output: "" });
        expect(networks()).toEqual(["bridge", "sea"]);
        expect(run("has_network && remove_own_networks").code).toBe(0);
        expect(networks()).toEqual(["bridge"]);
        expect(run("remove_own_networks").code).toBe(0);
    });

    test.each(["sea", "sea-probe"])("is not a foreign network with the name %s", (name) => {
        box.write(`networks/${name}`, "drydock.swarm=lake\n");
        expect(run("has_network || make_network").code).toBe(1);
        expect(run("remove_own_networks").code).toBe(0);
        expect(networks()).toEqual(["bridge", name]);
    });
});
