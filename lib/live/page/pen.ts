/// <reference lib="dom" />
/** The program of the page on which the synthesis network writes. */
import { type LiveData, openModel } from "../model.ts";
import { byId } from "./dom.ts";
import { Hand } from "./hand.ts";
import { PenPage } from "./pen_page.ts";

declare global {
  /** Put here by the data's scripts. */
  var gravesLive: LiveData;
  /** For tests and the curious. */
  var penPage: PenPage, hand: Hand;
}

/** Fills the page's fields with what its data or its address (`#text=…&bias=…&seed=…`) order. */
function takeOrder(): void {
  const order = {
    ...globalThis.gravesLive.order,
    ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))),
  };
  for (const name of ["text", "bias", "seed"] as const) {
    if (order[name] !== undefined) byId<HTMLInputElement>(name).value = `${order[name]}`;
  }
}

/** Opens the network and begins; readers who wish for little motion begin themselves. */
async function start(): Promise<void> {
  // In a frame the page around it says what this is.
  document.body.classList.toggle("embedded", globalThis.self !== globalThis.top);
  try {
    takeOrder();
    globalThis.penPage = new PenPage(await openModel(globalThis.gravesLive, "synthesis-adaptive"));
    globalThis.hand = new Hand(globalThis.penPage);
    await globalThis.penPage.begin(!matchMedia("(prefers-reduced-motion: reduce)").matches);
  } catch (error) {
    byId("status").textContent = `The network cannot be opened: ${(error as Error).message}`;
  }
}

start();
