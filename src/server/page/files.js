/* Files that are chosen, dropped (folders too) or pasted. */
import { byId } from "/dom.js";
import { isPicture } from "/format.js";

const asFile = (entry) =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/* A reader gives a folder in parts, and an empty one at its end. */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) =>
      reader.readEntries(resolve, reject));
    if (!some.length) {
      return all;
    }
    all.push(...some);
  }
}

/* What a walk finds and does not look like a picture is left out. */
async function walk(entries, found) {
  for (const entry of entries) {
    if (entry.isDirectory) {
      await walk(await entriesOf(entry), found);
    } else {
      const file = await asFile(entry);
      if (isPicture(file)) {
        found.files.push(file);
      } else {
        found.nSkipped++;
      }
    }
  }
}

/* The list of a drop is only there while its event is handled. */
async function gather(transfer) {
  const entries = [...transfer.items].map((i) => i.webkitGetAsEntry?.());
  const folders = entries.filter((entry) => entry?.isDirectory);
  const names = new Set(folders.map((entry) => entry.name));
  const found = { files: [...transfer.files], nSkipped: 0, nUnread: 0 };
  if (folders.length) {
    /* A folder stands among the files too, as one that cannot be read. */
    found.files = found.files.filter((file) => !names.has(file.name));
    await walk(folders, found).catch(() => {
      found.nUnread++;
    });
  }
  return found;
}

const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");

/* In the search what is dropped is searched for. */
const isSearched = (target) => Boolean(target.closest?.("#library"));

function listenDrop(take, find) {
  let depth = 0; /* dragleave comes for every element inside */
  const mark = (n, target) => {
    depth = Math.max(0, n);
    const isFind = depth > 0 && isSearched(target);
    byId("stage").classList.toggle("over", depth > 0 && !isFind);
    byId("found").classList.toggle("over", isFind);
  };
  document.addEventListener("dragenter",
    (event) => mark(depth + 1, event.target));
  document.addEventListener("dragleave",
    (event) => mark(depth - 1, event.target));
  document.addEventListener("dragover", (event) => {
    if (holdsFiles(event)) {
      event.preventDefault();
    }
  });
  document.addEventListener("drop", (event) => {
    mark(0, event.target);
    if (event.dataTransfer) {
      event.preventDefault();
      const [first] = event.dataTransfer.files;
      if (first && isSearched(event.target)) {
        find(first);
      } else {
        gather(event.dataTransfer).then(take);
      }
    }
  });
}

/**
 * Call take({files, nSkipped, nUnread}) whenever there are some.
 *
 * @param find     find(file) of one that is to be searched for,
 * @param canFind  where that is possible.
 */
export function listenFiles(take, find, canFind) {
  byId("files").addEventListener("change", (event) => {
    take({ files: [...event.target.files], nSkipped: 0, nUnread: 0 });
    event.target.value = "";
  });
  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData?.files ?? []];
    if (files.length && canFind() && !byId("try").contains(event.target)) {
      find(files[0]);
    } else if (files.length) {
      take({ files, nSkipped: 0, nUnread: 0 });
    }
  });
  listenDrop(take, find);
}
