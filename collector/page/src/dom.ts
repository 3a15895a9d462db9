// Elements. Everything that came from a report passes through text nodes and
// attributes set here: no markup is ever parsed, no style attribute is set,
// and a link leads to this page or to the collector's API, nowhere else.

export type Child = Node | string | number | null | undefined | false | Child[];

type Value = string | number | boolean | null | undefined
    | ((event: never) => void);

export type Properties = Record<string, Value>;

const SVG = "http://www.w3.org/2000/svg";
const LINKS = /^(#\/|\/v1\/)/;

// Characters that would move or hide what stands beside them: controls other
// than line feed and tab, and the overrides of writing direction.
const UNSEEN = new RegExp("[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f" +
    "\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]", "g");

/** Foreign text as it may be shown: what cannot be seen becomes visible. */
export function clean(text: string): string {
    return text.replace(UNSEEN, "\ufffd");
}

function setProperty(element: Element, name: string, value: Value): void {
    if (value === null || value === undefined || value === false)
        return;
    if (typeof value === "function") {
        element.addEventListener(name, value as EventListener);
    } else if (name === "style" || name.startsWith("on")) {
        throw new Error(`not set from here: ${name}`);
    } else if (name === "href" && !LINKS.test(String(value))) {
        throw new Error("a link leads to this page or the API only");
    } else {
        element.setAttribute(name, value === true ? "" : clean(String(value)));
    }
}

function append(parent: Element, child: Child): void {
    if (child === null || child === undefined || child === false)
        return;
    if (Array.isArray(child)) {
        for (const one of child)
            append(parent, one);
    } else if (child instanceof Node) {
        parent.appendChild(child);
    } else {
        parent.appendChild(document.createTextNode(clean(String(child))));
    }
}

function fill<T extends Element>(element: T, properties: Properties | null,
    children: Child[]): T {
    for (const [name, value] of Object.entries(properties ?? {}))
        setProperty(element, name, value);
    append(element, children);
    return element;
}

/** A property that is a function listens to the event of its name. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K,
    properties?: Properties | null,
    ...children: Child[]): HTMLElementTagNameMap[K] {
    return fill(document.createElement(tag), properties ?? null, children);
}

export function svg(tag: string, properties: Properties,
    ...children: Child[]): SVGElement {
    return fill(document.createElementNS(SVG, tag) as SVGElement, properties,
        children);
}

export function replace(parent: Element, ...children: Child[]): void {
    parent.replaceChildren();
    append(parent, children);
}
