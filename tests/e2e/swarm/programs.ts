import { Programs } from "../programs.ts";
import type { Swarm } from "./cluster.ts";

/** Programs that tests deploy on a Swarm. A test destroys its own stack. */
export class SwarmPrograms extends Programs {
    private readonly swarm: Swarm;

    constructor(swarm: Swarm) {
        super();
        this.swarm = swarm;
    }

    /** Runs `pulumi up` on the first node. Throws if it fails. */
    async deploy(stack: string, program: string): Promise<void> {
        const options = `--refresh --config docker:host=${this.swarm.host()}`;
        const { code, output } = await this.up(stack, program, {}, options);
        if (code !== 0) throw new Error(output);
    }

    async destroy(stack: string): Promise<void> {
        const command = `. ./env; pulumi destroy --yes --skip-preview --stack ${stack}`;
        expect(await this.clone.run(command)).toSucceed();
    }
}
