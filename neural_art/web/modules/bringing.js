// From whoever picks files to whoever uploads them. What is picked before the uploader is there waits for it.

const waiting = [];
let receive = (selection) => waiting.push(selection);

/** The component that uploads: `receives(selection)`. */
export function receives(taker) {
  receive = taker;
  for (const selection of waiting.splice(0)) receive(selection);
}

/** Upload a selection: `{found: [{file, name}], unread: [{name, code}]}`. */
export const bring = (selection) => receive(selection);
