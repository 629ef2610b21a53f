import Docker from "dockerode";
import { buildNodeImage } from "../../cli/cluster/images.ts";
import { startNode } from "../../cli/cluster/node.ts";

/** Starts another Docker Engine, in a container with this name. Its socket is `docker.sock` in the directory. */
export async function startMachine(name: string, directory: string): Promise<void> {
    const docker = new Docker();
    await buildNodeImage(docker);
    await startNode(docker, { name, directory });
}
