import { REMOTE_IMAGE, isAnyContainer } from "../resource.ts";
import type { Rule } from "./rule.ts";

export const imageHasTag: Rule = {
    name: "image-has-tag",
    description: "Images have a digest, or a tag other than latest.",
    level: "mandatory",
    check: (resource) => {
        const { type, properties } = resource;
        const image = isAnyContainer(resource)
            ? properties.image
            : type === REMOTE_IMAGE
              ? properties.name
              : undefined;
        if (typeof image !== "string" || image.includes("sha256:")) return undefined;
        const [, tag] = /:([^:/]+)$/.exec(image) ?? [];
        if (tag && tag !== "latest") return undefined;
        const example = `${image.replace(/:latest$/, "")}:1.2`;
        return `${image} can be a different image in the next update; use a version as its tag, for example ${example}`;
    },
};
