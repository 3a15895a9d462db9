// The log-in page: one password, for the session's cookie.
import { api } from "./api";
import { el, replace } from "./dom";
import { hideTabs, main } from "./shell";

export function showLogIn(done: () => void): void {
    const password = el("input", {
        id: "password", type: "password", autocomplete: "current-password",
        required: true,
    });
    const error = el("p", { class: "field-error", role: "alert" });
    const button = el("button", { class: "button primary" }, "Log in");

    async function submit(event: SubmitEvent): Promise<void> {
        event.preventDefault();
        button.disabled = true;
        error.textContent = "";
        try {
            await api.logIn(password.value);
            done();
        } catch (problem) {
            error.textContent = (problem as Error).message;
            password.select();
            password.focus();
        } finally {
            button.disabled = false;
        }
    }

    document.title = "Log in · inquest";
    hideTabs();
    replace(main, el("form", {
        class: "login", action: "#/groups",
        submit: (event: SubmitEvent) => void submit(event),
    },
    el("h1", null, "Log in"),
    el("p", { class: "dim" }, "The password of this collector's page."),
    el("label", { for: "password" }, "Password"), password, error, button));
    password.focus();
}
