import { resource } from "../../plugin/provider.ts";
import { set, string, type TypeOf } from "../../plugin/schema.ts";
import { attempt, type Daemon } from "./daemon.ts";
import { parseImageName } from "./image-name.ts";

const properties = {
    sourceImage: string({ required: true }),
    targetImage: string({ required: true }),
    tagTriggers: set(string()),
};

type Inputs = TypeOf<typeof properties>;

/** `docker:index/tag:Tag`: another name for an image. As in the official provider, deleting it keeps both names. */
export const tag = (daemon: Daemon) =>
    resource<Inputs>({
        token: "docker:index/tag:Tag",
        properties,
        outputs: ["sourceImageId"],

        async create(inputs) {
            const { sourceImage, targetImage } = inputs;
            const image = daemon.docker.getImage(sourceImage);
            const { repository, tag } = parseImageName(targetImage);
            await attempt(`tagging ${sourceImage} as ${targetImage}`, image.tag({ repo: repository, tag }));
            const { Id } = await image.inspect();
            return { id: `${sourceImage}.${targetImage}`, state: { ...inputs, sourceImageId: Id } };
        },
    });
