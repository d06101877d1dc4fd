// Live updates only: without this file everything works, and a reload shows what is new.
"use strict";
